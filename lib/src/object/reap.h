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
//
// With a drop budget an object takes its share of the drop's allowance when its count reaches zero.
// Where nothing is left it goes to the backlog instead of the queue, unless its death runs a
// finalizer or a callback. So every drop empties its queue and need not look at the backlog.
#ifndef TNI_OBJECT_REAP_H
#define TNI_OBJECT_REAP_H

#include "object/type.h"

// Step 2, once in a lifetime: returns false when there is nothing to run. The caller holds [o].
bool tni_finalize(struct tni_objects *s, tn_object *o);

// Step 7 for the next one of [called]; false: there is none.
bool tni_call_next(struct tni_objects *s, struct tni_called *called);

// What reaches the count zero between the two calls is destroyed by the second, which then runs the
// callbacks that wait (step 7). Not to be nested. No budget holds between them.
void tni_reap_begin(struct tni_objects *s);
void tni_reap_end(struct tni_objects *s);

// Destroys the backlog. No budget holds from here to the next drop, or to the end of the finalizer
// or callback that asked. Nothing while an object is being destroyed.
void tni_reap_backlog(struct tni_objects *s);
// Destroys at most [objects] of the backlog and of what dies with it. A drop that is under way,
// whose finalizer asked, keeps its own allowance.
void tni_reap_some(struct tni_objects *s, size_t objects);

#endif
