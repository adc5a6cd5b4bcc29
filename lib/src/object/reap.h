// SPDX-License-Identifier: MIT
//
// reap: one object dies, and then whatever only it kept alive, without recursion.
//
// The steps are numbered in lib/docs/objects.md. A dead object's children stand in front of the
// queue in the order in which they were dropped, so destruction goes depth first, root before leaf,
// exactly as it would with recursion. An object leaves the collector's sight when it enters the
// queue.
//
// Finalizers and callbacks run with a queue of their own, so that what they let go of dies before
// they return, and a collection that they ask for meets a consistent heap. Inside 50 others they
// have none: what they let go of dies after them, and no collection runs.
#ifndef TNI_OBJECT_REAP_H
#define TNI_OBJECT_REAP_H

#include "object/type.h"

// Step 2, once in a lifetime: returns false when there is nothing to run. The caller holds [o].
bool tni_finalize(struct tni_objects *s, tn_object *o);

// Step 7 for the next one of [called]; false: there is none.
bool tni_call_next(struct tni_objects *s, struct tni_called *called);

// What reaches the count zero between the two calls is destroyed by the second, which then runs the
// callbacks that wait (step 7). Not to be nested.
void tni_reap_begin(struct tni_objects *s);
void tni_reap_end(struct tni_objects *s);

#endif
