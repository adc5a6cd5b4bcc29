// SPDX-License-Identifier: MIT
//
// number: floats as leaves, and what it means for two numbers to be equal.
#ifndef TNI_CONTAINERS_NUMBER_H
#define TNI_CONTAINERS_NUMBER_H

#include "containers/integer.h"

extern const struct tni_builtin tni_float_type;

// A number that is an object.
static inline bool
tni_is_leaf_number(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_INT) || tni_value_is(v, TNI_TYPE_FLOAT);
}

// As mathematics has it: 1 and 1.0 are equal, a NaN is not equal to itself. False for what is no
// number.
bool tni_number_equal(tn_value a, tn_value b);
// A word that is the same for equal numbers, and the bits of the value for an inline integer.
uint64_t tni_number_word(const struct tni_objects *s, tn_value v);

#endif
