// SPDX-License-Identifier: MIT
//
// dict: keys to values in the order of insertion.
#ifndef TNI_CONTAINERS_DICT_H
#define TNI_CONTAINERS_DICT_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_dict_type;

// Another one after each insertion and deletion.
uint32_t tni_dict_stamp(const tn_object *o);

#endif
