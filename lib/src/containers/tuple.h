// SPDX-License-Identifier: MIT
//
// tuple: values that never change, in the object itself up to 60 of them.
#ifndef TNI_CONTAINERS_TUPLE_H
#define TNI_CONTAINERS_TUPLE_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_tuple_type;

#endif
