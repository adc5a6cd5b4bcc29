// SPDX-License-Identifier: MIT
//
// integer: whole numbers of any size, as leaves where they do not fit into a value; the one door to
// GMP.
#ifndef TNI_CONTAINERS_INTEGER_H
#define TNI_CONTAINERS_INTEGER_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_int_type;

// A whole number: |size| limbs, the lowest first and the highest not 0; negative: the number is.
struct tni_whole {
    const uint64_t *limbs;
    int32_t size;
};

enum { TNI_DOUBLE_LIMBS = 17 }; // that every finite double fits into

// Of an integer; an inline one is written to [own].
struct tni_whole tni_whole_of(tn_value v, uint64_t own[1]);
// False: [d] has a fraction, or is no number.
bool tni_whole_of_double(double d, uint64_t own[TNI_DOUBLE_LIMBS], struct tni_whole *w);

// Less than, equal to or greater than 0, as a is in relation to b.
int tni_whole_compare(struct tni_whole a, struct tni_whole b);
// A word that is the same for equal numbers, and the bits of the value for one that is inline.
uint64_t tni_whole_word(const struct tni_objects *s, struct tni_whole w);

#endif
