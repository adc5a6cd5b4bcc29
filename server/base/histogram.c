// SPDX-License-Identifier: MIT
//
// histogram: a walk over 15 bounds, most often over the first.
#include "base/histogram.h"

static const uint64_t bounds_ns[HISTOGRAM_BOUNDS] = {
    50000,    100000,   250000,    500000,    1000000,   2500000,    5000000,    10000000,
    25000000, 50000000, 100000000, 250000000, 500000000, 1000000000, 2000000000,
};

const char *const histogram_bounds[HISTOGRAM_BOUNDS] = {
    "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01",
    "0.025",   "0.05",   "0.1",     "0.25",   "0.5",   "1",      "2",
};

void
histogram_add(struct histogram *h, uint64_t ns)
{
    int bucket = 0;
    while (bucket < HISTOGRAM_BOUNDS && ns > bounds_ns[bucket])
        bucket++;
    __atomic_fetch_add(&h->counts[bucket], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&h->sum_ns, ns, __ATOMIC_RELAXED);
}

uint64_t
histogram_count(const struct histogram *h)
{
    uint64_t count = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += __atomic_load_n(&h->counts[i], __ATOMIC_RELAXED);
    return count;
}

uint64_t
histogram_quantile_ns(const struct histogram *h, double share)
{
    double below = share * (double)histogram_count(h);
    uint64_t count = 0;
    if (below <= 0)
        return 0;
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++)
        if ((double)(count += h->counts[i]) >= below)
            return bounds_ns[i];
    return UINT64_MAX;
}

void
histogram_add_all(struct histogram *sum, const struct histogram *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->counts[i] += __atomic_load_n(&from->counts[i], __ATOMIC_RELAXED);
    sum->sum_ns += __atomic_load_n(&from->sum_ns, __ATOMIC_RELAXED);
}
