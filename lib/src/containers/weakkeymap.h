// SPDX-License-Identifier: MIT
//
// weakkeymap: objects that it does not keep alive to values that it does.
#ifndef TNI_CONTAINERS_WEAKKEYMAP_H
#define TNI_CONTAINERS_WEAKKEYMAP_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_weakkeymap_type;

#endif
