// SPDX-License-Identifier: MIT
#include "containers/number.h"

#include "object/object.h"

#include <string.h>

const struct tni_builtin tni_int_type = {
    .spec = {.name = "int", .native = sizeof(int64_t), .flags = TN_ACYCLIC},
    .leaf = true,
};

const struct tni_builtin tni_float_type = {
    .spec = {.name = "float", .native = sizeof(double), .flags = TN_ACYCLIC},
    .leaf = true,
};

// --- Integers --------------------------------------------------------------------------------

tn_err
tn_int_new_at(tn_heap *heap, int64_t i, const tn_site *site, tn_value *result)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    if (i >= TN_INT_MIN && i <= TN_INT_MAX) {
        *result = tn_int(i);
        return TN_OK;
    }
    tn_object *o = tni_object_new(s, s->types[TNI_TYPE_INT], site);
    if (o == NULL)
        return TN_ENOMEM;
    *(int64_t *)tn_payload(o) = i;
    *result = tn_ref(o);
    return TN_OK;
}

bool
tn_is_integer(tn_value v)
{
    return tn_is_int(v) || tni_value_is(v, TNI_TYPE_INT);
}

int64_t
tn_int_get(tn_value v)
{
    if (tn_is_int(v))
        return tn_as_int(v);
    TN_ASSERT(tni_value_is(v, TNI_TYPE_INT));
    return *(int64_t *)tn_payload(tn_as_object(v));
}

// --- Floats ----------------------------------------------------------------------------------

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

// The integer that the number equals exactly; false when there is none of 64 bits.
static bool
as_integer(tn_value v, int64_t *i)
{
    if (tn_is_integer(v)) {
        *i = tn_int_get(v);
        return true;
    }
    double d = tn_is_float(v) ? tn_float_get(v) : 0.5;
    if (!(d >= -0x1p63 && d < 0x1p63) || d != (double)(int64_t)d)
        return false;
    *i = (int64_t)d;
    return true;
}

bool
tni_number_equal(tn_value a, tn_value b)
{
    int64_t i = 0, j = 0;
    bool first = as_integer(a, &i), second = as_integer(b, &j);
    if (first || second)
        return first && second && i == j;
    return tn_is_float(a) && tn_is_float(b) && tn_float_get(a) == tn_float_get(b);
}

uint64_t
tni_number_word(tn_value v)
{
    int64_t i;
    if (as_integer(v, &i))
        return (uint64_t)i << 3 | TNI_TAG_INT;
    double d = tn_float_get(v);
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    return word;
}
