// SPDX-License-Identifier: MIT
#include "failing.h"

bool
succeeded(tn_err err)
{
    assert_true(err == TN_OK || err == TN_ENOMEM);
    return err == TN_OK;
}

bool
was_made(tn_object *o)
{
    tn_decref(o);
    return o != NULL;
}
