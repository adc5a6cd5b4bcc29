// SPDX-License-Identifier: MIT
//
// weakset: objects that it does not keep alive.
#ifndef TNI_CONTAINERS_WEAKSET_H
#define TNI_CONTAINERS_WEAKSET_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_weakset_type;

#endif
