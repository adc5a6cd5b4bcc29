// SPDX-License-Identifier: MIT
//
// histogram: a value's step is its leading [precision] + 1 bits, and how far they were shifted.
#include "histogram.h"

#include "must.h"

#include <math.h>
#include <stdlib.h>

static size_t
steps(const struct histogram *h)
{
    return (size_t)(40 - h->precision + 1) << h->precision;
}

// Values below 2 ^ ([precision] + 1) have a step each; then each doubling has 2 ^ [precision].
static size_t
step_of(const struct histogram *h, uint64_t ns)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(ns | 1);
    unsigned shift = bits > h->precision + 1 ? bits - h->precision - 1 : 0;
    return ((size_t)shift << h->precision) + (size_t)(ns >> shift);
}

// The largest value of a step.
static uint64_t
bound_of(const struct histogram *h, size_t step)
{
    unsigned shift = (unsigned)(step >> h->precision);
    if (shift > 0)
        shift--;
    uint64_t lead = step - ((size_t)shift << h->precision);
    return ((lead + 1) << shift) - 1;
}

void
histogram_init(struct histogram *h, unsigned precision)
{
    *h = (struct histogram){.precision = precision};
    h->counts = must_calloc(steps(h), sizeof *h->counts);
}

void
histogram_fini(struct histogram *h)
{
    free(h->counts);
}

void
histogram_add(struct histogram *h, uint64_t ns)
{
    if (ns > HISTOGRAM_MOST)
        ns = HISTOGRAM_MOST;
    h->counts[step_of(h, ns)]++;
    h->total++;
    h->sum += (double)ns;
    if (ns > h->most)
        h->most = ns;
}

void
histogram_merge(struct histogram *sum, const struct histogram *from)
{
    for (size_t i = 0; i < steps(sum); i++)
        sum->counts[i] += from->counts[i];
    sum->total += from->total;
    sum->sum += from->sum;
    if (from->most > sum->most)
        sum->most = from->most;
}

uint64_t
histogram_quantile(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)h->total), seen = 0;
    if (h->total == 0)
        return 0;
    for (size_t i = 0; i < steps(h); i++) {
        seen += h->counts[i];
        if (seen > 0 && seen >= wanted)
            return bound_of(h, i) < h->most ? bound_of(h, i) : h->most;
    }
    return h->most;
}

double
histogram_mean(const struct histogram *h)
{
    return h->total ? h->sum / (double)h->total : 0;
}

// --- .hgrm -----------------------------------------------------------------------------------

static double
deviation(const struct histogram *h)
{
    double mean = histogram_mean(h), sum = 0;
    for (size_t i = 0; i < steps(h); i++)
        sum += h->counts[i] * pow((double)bound_of(h, i) - mean, 2);
    return h->total ? sqrt(sum / (double)h->total) : 0;
}

static uint64_t
count_up_to(const struct histogram *h, uint64_t ns)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= step_of(h, ns); i++)
        sum += h->counts[i];
    return sum;
}

static void
write_line(const struct histogram *h, FILE *f, double share)
{
    uint64_t ns = histogram_quantile(h, share), count = count_up_to(h, ns);
    fprintf(f, "%12.3f %2.12f %10lu", (double)ns / 1e6, share, (unsigned long)count);
    if (share < 1)
        fprintf(f, " %14.2f", 1 / (1 - share));
    fputs("\n", f);
}

// Ten lines each time that half of the rest is left behind, until the rest is less than one.
void
histogram_write_hgrm(const struct histogram *h, FILE *f)
{
    enum { LINES_A_HALF = 10 };
    fprintf(f, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    for (double rest = 1; rest * (double)h->total >= 1; rest /= 2)
        for (int i = 0; i < LINES_A_HALF; i++)
            write_line(h, f, 1 - rest + rest / 2 * i / LINES_A_HALF);
    write_line(h, f, 1);
    fprintf(f, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", histogram_mean(h) / 1e6,
            deviation(h) / 1e6);
    fprintf(f, "#[Max     = %12.3f, Total count    = %12lu]\n", (double)h->most / 1e6,
            (unsigned long)h->total);
    fprintf(f, "#[Buckets = %12u, SubBuckets     = %12u]\n", 40 - h->precision,
            1u << (h->precision + 1));
}
