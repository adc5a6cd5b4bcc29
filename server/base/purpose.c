// SPDX-License-Identifier: MIT
//
// purpose: one word a thread.
#include "base/purpose.h"

#include <stddef.h>

static _Thread_local const char *current;

void
purpose_set(const char *name)
{
    current = name;
}

const char *
purpose_get(void)
{
    return current;
}
