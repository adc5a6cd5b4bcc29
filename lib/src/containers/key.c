// SPDX-License-Identifier: MIT
#include "containers/key.h"

uint64_t
tn_key_hash(const tn_heap *heap, tn_value v)
{
    return tni_key_hash((const struct tni_objects *)heap, v);
}

bool
tn_key_equal(tn_value a, tn_value b)
{
    if (tn_is(a, b) || tni_is_leaf_number(a) || tni_is_leaf_number(b))
        return tn_is(a, b) || tni_number_equal(a, b);
    return tn_is_str(a) && tn_is_str(b) && tn_str_equal(tn_as_object(a), tn_as_object(b));
}
