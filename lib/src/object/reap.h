// SPDX-License-Identifier: MIT
//
// reap: one object dies, and then whatever only it kept alive, without recursion.
//
// The steps are numbered in lib/docs/objects.md; those that need finalizers and callbacks come with
// them. A dead object's children stand in front of the queue in the order in which they were
// dropped, so destruction goes depth first, root before leaf, exactly as it would with recursion.
#ifndef TNI_OBJECT_REAP_H
#define TNI_OBJECT_REAP_H

#include "object/objects.h"

// Steps 1, 4, 5 and 6 for one object whose count is zero.
void tni_destroy(struct tni_objects *s, tn_object *o);

#endif
