// SPDX-License-Identifier: MIT
#include "tenure/tenure.h"

const char *
tn_strerror(tn_err err)
{
    static const char *const meanings[] = {
#define TN_ERROR_MEANING(name, meaning) meaning,
        TN_ERRORS(TN_ERROR_MEANING)
#undef TN_ERROR_MEANING
    };
    bool known = (size_t)err < sizeof meanings / sizeof *meanings;
    return known ? meanings[err] : "not an error of this library";
}
