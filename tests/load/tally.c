// SPDX-License-Identifier: MIT
//
// tally: counts and histograms.
#include "tally.h"

#include "must.h"

#include <math.h>

void
tally_init(struct tally *t, double warmup, double seconds)
{
    *t = (struct tally){.counted_from_ns = (uint64_t)(warmup * 1e9),
                        .second_count = (size_t)ceil(warmup + seconds)};
    pthread_mutex_init(&t->mutex, NULL);
    t->seconds = must_calloc(t->second_count, sizeof *t->seconds);
    for (size_t i = 0; i < t->second_count; i++)
        histogram_init(&t->seconds[i].latency, HISTOGRAM_COARSE);
    histogram_init(&t->all, HISTOGRAM_FINE);
    histogram_init(&t->lag, HISTOGRAM_FINE);
    for (int i = 0; i < ASK_COUNT; i++)
        histogram_init(&t->asks[i], HISTOGRAM_FINE);
}

void
tally_fini(struct tally *t)
{
    for (size_t i = 0; i < t->second_count; i++)
        histogram_fini(&t->seconds[i].latency);
    free(t->seconds);
    histogram_fini(&t->all);
    histogram_fini(&t->lag);
    for (int i = 0; i < ASK_COUNT; i++)
        histogram_fini(&t->asks[i]);
    pthread_mutex_destroy(&t->mutex);
}

bool
tally_is_error(long status)
{
    return status < 200 || status >= 400;
}

static void
count(struct tally *t, const struct answer *a)
{
    histogram_add(&t->all, a->latency_ns);
    histogram_add(&t->asks[a->ask], a->latency_ns);
    t->statuses[a->status >= 0 && a->status < TALLY_STATUSES ? a->status : 0]++;
    t->hits += a->cache == CACHE_HIT;
    t->misses += a->cache == CACHE_MISS;
}

void
tally_add(struct tally *t, const struct answer *a)
{
    size_t number = (size_t)(a->intended_ns / 1000000000);
    pthread_mutex_lock(&t->mutex);
    if (number < t->second_count) {
        struct second *s = &t->seconds[number];
        s->due++;
        s->hits += a->cache == CACHE_HIT;
        s->misses += a->cache == CACHE_MISS;
        s->errors += tally_is_error(a->status);
        histogram_add(&s->latency, a->latency_ns);
    }
    if (a->intended_ns >= t->counted_from_ns)
        count(t, a);
    pthread_mutex_unlock(&t->mutex);
}

void
tally_add_lag(struct tally *t, uint64_t intended_ns, uint64_t lag_ns)
{
    if (intended_ns < t->counted_from_ns)
        return;
    pthread_mutex_lock(&t->mutex);
    histogram_add(&t->lag, lag_ns);
    pthread_mutex_unlock(&t->mutex);
}

static void
merge_second(struct second *sum, const struct second *from)
{
    sum->due += from->due;
    sum->hits += from->hits;
    sum->misses += from->misses;
    sum->errors += from->errors;
    histogram_merge(&sum->latency, &from->latency);
}

void
tally_merge(struct tally *sum, struct tally *from)
{
    pthread_mutex_lock(&from->mutex);
    for (size_t i = 0; i < sum->second_count; i++)
        merge_second(&sum->seconds[i], &from->seconds[i]);
    histogram_merge(&sum->all, &from->all);
    histogram_merge(&sum->lag, &from->lag);
    for (int i = 0; i < ASK_COUNT; i++)
        histogram_merge(&sum->asks[i], &from->asks[i]);
    for (int i = 0; i < TALLY_STATUSES; i++)
        sum->statuses[i] += from->statuses[i];
    sum->hits += from->hits;
    sum->misses += from->misses;
    pthread_mutex_unlock(&from->mutex);
}

struct second
tally_second(struct tally *tallies, size_t count, size_t number)
{
    struct second sum = {0};
    histogram_init(&sum.latency, HISTOGRAM_COARSE);
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&tallies[i].mutex);
        merge_second(&sum, &tallies[i].seconds[number]);
        pthread_mutex_unlock(&tallies[i].mutex);
    }
    return sum;
}
