// SPDX-License-Identifier: MIT
//
// pin: counted roots. A pin is a reference that is also counted in the object's flags, so that a
// collector may take the object for live without looking.
#ifndef TNI_GC_PIN_H
#define TNI_GC_PIN_H

#include "object/objects.h"

static inline bool
tni_is_pinned(const tn_object *o)
{
    return o->flags >= TNI_PIN;
}

#endif
