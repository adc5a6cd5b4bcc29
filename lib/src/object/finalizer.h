// SPDX-License-Identifier: MIT
//
// finalizer: an object that calls a function once when its target dies, and can be detached.
//
// It is a weak reference with a callback whose holder is the heap. Invariant: a finalizer is in the
// heap's list, which holds a reference to it, exactly while it is alive.
#ifndef TNI_OBJECT_FINALIZER_H
#define TNI_OBJECT_FINALIZER_H

#include "object/type.h"

extern const struct tni_builtin tni_finalizer_type;

// Calls those that are left and want it, the newest first, also those that are made meanwhile.
void tni_finalizers_end(struct tni_objects *s);

#endif
