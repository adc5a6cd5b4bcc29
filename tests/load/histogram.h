// SPDX-License-Identifier: MIT
//
// histogram: how often something took how long, to so many digits whatever the size.
//
// Log-linear: [precision] steps in each doubling. HISTOGRAM_FINE tells values apart that differ by
// a thousandth, HISTOGRAM_COARSE by three hundredths, and takes a hundredth of the memory. Times
// are in nanoseconds; above HISTOGRAM_MOST they count as that.
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { HISTOGRAM_COARSE = 5, HISTOGRAM_FINE = 10 }; // 2^n steps in each doubling
#define HISTOGRAM_MOST ((UINT64_C(1) << 40) - 1)    // 18 minutes

struct histogram {
    unsigned precision;
    uint64_t total, most; // how many; the largest, exact
    double sum;
    uint32_t *counts;
};

void histogram_init(struct histogram *h, unsigned precision);
void histogram_fini(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t ns);
void histogram_merge(struct histogram *sum, const struct histogram *from); // of one precision
// The smallest value that [share] of all do not exceed, at most a step above the true one; 0 where
// there is none.
uint64_t histogram_quantile(const struct histogram *h, double share);
double histogram_mean(const struct histogram *h);
// The percentiles in milliseconds, in the format that HdrHistogram's plotters read.
void histogram_write_hgrm(const struct histogram *h, FILE *f);

#endif
