// SPDX-License-Identifier: MIT
//
// set: members in the order in which they were added, found by hash; and sets that never change.
#ifndef TNI_CONTAINERS_SET_H
#define TNI_CONTAINERS_SET_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_set_type, tni_frozenset_type;

// Another one after each change of who is a member.
uint32_t tni_set_stamp(const tn_object *o);
// Walks as tn_dict_next does.
bool tni_set_next(const tn_object *o, size_t *cursor, tn_value *member /* borrowed */);

#endif
