// SPDX-License-Identifier: MIT
//
// zipf: ranks whose frequency falls with a power of the rank.
//
// Exact for any number of ranks without a table: rejection-inversion (Hörmann and Derflinger 1996),
// at most two tries in the mean.
#ifndef LOAD_ZIPF_H
#define LOAD_ZIPF_H

#include <stddef.h>
#include <stdint.h>

struct zipf {
    size_t n;
    double exponent;          // not 1
    double first, last, sure; // bounds of the inverse, and what needs no second look
};

void zipf_init(struct zipf *z, size_t n, double exponent);
// From 0, the most frequent one, to n - 1.
size_t zipf_next(const struct zipf *z, uint64_t *random);

#endif
