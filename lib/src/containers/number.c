// SPDX-License-Identifier: MIT
#include "containers/number.h"

#include "object/object.h"

#include <string.h>

const struct tni_builtin tni_float_type = {
    .spec = {.name = "float", .native = sizeof(double), .flags = TN_ACYCLIC},
    .leaf = true,
};

tn_object *
tn_float_new_at(tn_heap *heap, double d, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_object *o = tni_object_new(s, s->types[TNI_TYPE_FLOAT], site);
    if (o != NULL)
        *(double *)tn_payload(o) = d;
    return o;
}

bool
tn_is_float(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_FLOAT);
}

double
tn_float_get(tn_value v)
{
    TN_ASSERT(tn_is_float(v));
    return *(double *)tn_payload(tn_as_object(v));
}

// --- As keys ---------------------------------------------------------------------------------

// The whole number that the value equals exactly; false when there is none.
static bool
as_whole(tn_value v, uint64_t own[TNI_DOUBLE_LIMBS], struct tni_whole *w)
{
    if (!tn_is_integer(v))
        return tn_is_float(v) && tni_whole_of_double(tn_float_get(v), own, w);
    *w = tni_whole_of(v, own);
    return true;
}

bool
tni_number_equal(tn_value a, tn_value b)
{
    uint64_t own[2][TNI_DOUBLE_LIMBS];
    struct tni_whole x, y;
    bool first = as_whole(a, own[0], &x), second = as_whole(b, own[1], &y);
    if (first || second)
        return first && second && tni_whole_compare(x, y) == 0;
    return tn_is_float(a) && tn_is_float(b) && tn_float_get(a) == tn_float_get(b);
}

uint64_t
tni_number_word(const struct tni_objects *s, tn_value v)
{
    uint64_t own[TNI_DOUBLE_LIMBS], word;
    struct tni_whole w;
    if (as_whole(v, own, &w))
        return tni_whole_word(s, w);
    double d = tn_float_get(v);
    memcpy(&word, &d, sizeof word);
    return word;
}
