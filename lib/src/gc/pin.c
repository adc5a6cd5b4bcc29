// SPDX-License-Identifier: MIT
#include "gc/pin.h"

tn_err
tn_pin(tn_object *o)
{
    if (o->flags >> 16 == UINT16_MAX)
        return TN_ELIMIT;
    o->flags += TNI_PIN;
    tn_incref(o);
    return TN_OK;
}

void
tn_unpin(tn_object *o)
{
    TN_ASSERT(tni_is_pinned(o));
    o->flags -= TNI_PIN;
    tn_decref(o);
}
