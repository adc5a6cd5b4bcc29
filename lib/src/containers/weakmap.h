// SPDX-License-Identifier: MIT
//
// weakmap: keys to objects that it does not keep alive. Joins the entries of a table with weak's
// links.
#ifndef TNI_CONTAINERS_WEAKMAP_H
#define TNI_CONTAINERS_WEAKMAP_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_weakmap_type;

#endif
