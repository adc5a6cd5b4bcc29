// SPDX-License-Identifier: MIT
#include "trace/tracer.h"

#include "trace/unwind.h"

#include <math.h>

// Frames of the library itself, which stand before the caller's and are taken away when a traceback
// is read.
enum { OWN_FRAMES = 8 };

bool
tni_tracer_prepare(struct tni_tracer *t, uint32_t frames)
{
    const struct tni_growth *g = &t->growth;
    uint32_t room = frames > 1 ? frames + OWN_FRAMES : 0;
    if (t->recent == NULL) {
        t->recent = g->resize(g->memory, NULL, 0, TNI_RECENT * sizeof *t->recent);
        if (t->recent == NULL)
            return false;
    }
    if (room > t->scratch_room) {
        size_t word = sizeof *t->scratch;
        uintptr_t *scratch = g->resize(g->memory, t->scratch, t->scratch_room * word, room * word);
        if (scratch == NULL)
            return false;
        t->scratch = scratch;
        t->scratch_room = room;
    }
    t->frames = frames;
    memset(t->recent, 0, TNI_RECENT * sizeof *t->recent);
    return true;
}

void
tni_tracer_clear(struct tni_tracer *t)
{
    const struct tni_growth *g = &t->growth;
    tni_stacks_drop(&t->stacks, g);
    tni_tracked_drop(&t->tracked, g);
    tni_table_drop(g, &t->traces, sizeof(struct tni_trace));
    tni_table_drop(g, &t->index, sizeof(uint32_t));
    if (t->recent != NULL)
        memset(t->recent, 0, TNI_RECENT * sizeof *t->recent);
    t->current = t->peak = t->lost = 0;
    t->epoch++;
}

void
tni_tracer_drop(struct tni_tracer *t)
{
    const struct tni_growth *g = &t->growth;
    tni_tracer_clear(t);
    if (t->recent != NULL)
        g->resize(g->memory, t->recent, TNI_RECENT * sizeof *t->recent, 0);
    if (t->scratch != NULL)
        g->resize(g->memory, t->scratch, t->scratch_room * sizeof *t->scratch, 0);
    t->recent = NULL;
    t->scratch = NULL;
    t->scratch_room = 0;
}

// --- What a block stands for ---------------------------------------------------------------------

// A block of [size] is sampled with the probability that one of its bytes is hit, and stands for
// the reciprocal of that.
static struct tni_weight
weight_of(size_t size, size_t rate)
{
    if (rate == 0)
        return (struct tni_weight){TNI_COUNT_ONE, size};
    double blocks = -1 / expm1(-(double)size / (double)rate);
    return (struct tni_weight){(uint64_t)llround(blocks * TNI_COUNT_ONE),
                               (uint64_t)llround(blocks * (double)size)};
}

static double
random_fraction(struct tni_tracer *t)
{
    t->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = t->random;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return ((double)((x ^ x >> 31) >> 11) + 0.5) * 0x1p-53;
}

int64_t
tni_tracer_distance(struct tni_tracer *t)
{
    return (int64_t)(-log(random_fraction(t)) * (double)t->rate);
}

// --- Traces --------------------------------------------------------------------------------------

static uint64_t
hash_of(const struct tni_trace_key *k)
{
    uint64_t hash = tni_mix(tni_mix(k->stack, k->kind), (uintptr_t)k->account);
    return tni_mix(tni_mix(hash, (uintptr_t)k->tag), k->rate);
}

static uint64_t
hash_at(const void *t, uint32_t trace)
{
    return hash_of(&tni_tracer_at(t, trace)->key);
}

static bool
are_equal(const struct tni_trace_key *a, const struct tni_trace_key *b)
{
    return a->stack == b->stack && a->kind == b->kind && a->account == b->account &&
           a->tag == b->tag && a->rate == b->rate;
}

static uint32_t
find(const struct tni_tracer *t, const struct tni_trace_key *key, uint64_t hash)
{
    const uint32_t *slots = tni_index_slots(&t->index);
    for (size_t at = hash; t->index.room > 0; at++) {
        uint32_t trace = slots[at & (t->index.room - 1)];
        if (trace == 0 || are_equal(&tni_tracer_at(t, trace)->key, key))
            return trace;
    }
    return 0;
}

static uint32_t
intern(struct tni_tracer *t, const struct tni_trace_key *key)
{
    uint64_t hash = hash_of(key);
    uint32_t trace = find(t, key, hash);
    if (trace != 0)
        return trace;
    if (t->traces.count == UINT32_MAX || !tni_index_reserve(&t->growth, &t->index, hash_at, t) ||
        !tni_table_reserve(&t->growth, &t->traces, 1, sizeof(struct tni_trace)))
        return 0;
    trace = (uint32_t)++t->traces.count;
    *tni_tracer_at(t, trace) = (struct tni_trace){.key = *key};
    tni_index_put(&t->index, hash, trace);
    return trace;
}

static uint32_t
intern_stack(struct tni_tracer *t, const tn_site *site)
{
    struct tni_traceback stack = {.site = site, .total = 1, .addresses = t->scratch};
    if (t->frames > 1) {
        stack.total = tni_unwind(t->scratch, t->frames + OWN_FRAMES);
        stack.count = stack.total < t->frames + OWN_FRAMES ? stack.total : t->frames + OWN_FRAMES;
    }
    return tni_stacks_intern(&t->stacks, &t->growth, &stack);
}

static uint32_t
find_trace(struct tni_tracer *t, enum tni_trace_kind kind, const void *account, const tn_site *site)
{
    struct tni_trace_key key = {intern_stack(t, site), kind, account, t->tag, t->rate};
    return key.stack != 0 ? intern(t, &key) : 0;
}

// Where tni_tracer_note_again will look.
static void
remember(struct tni_tracer *t, enum tni_trace_kind kind, const void *account, const tn_site *site,
         uint32_t trace)
{
    uintptr_t owner = tni_trace_owned(account, kind);
    *tni_tracer_recent(t, owner, site) = (struct tni_trace_recent){site, owner, t->tag, trace};
}

static void
add(struct tni_weight *sum, struct tni_weight w)
{
    sum->count += w.count;
    sum->bytes += w.bytes;
}

uint32_t
tni_tracer_note_slowly(struct tni_tracer *t, enum tni_trace_kind kind, const void *account,
                       size_t size, const tn_site *site)
{
    uint32_t number = find_trace(t, kind, account, site);
    if (number == 0) {
        t->lost++;
        return 0;
    }
    if (t->frames == 1 && t->rate == 0)
        remember(t, kind, account, site, number);
    struct tni_trace *trace = tni_tracer_at(t, number);
    struct tni_weight w = weight_of(size, trace->key.rate);
    add(&trace->made, w);
    t->current += w.bytes;
    return number;
}

void
tni_tracer_forget_sample(struct tni_tracer *t, struct tni_trace *trace, size_t size)
{
    struct tni_weight w = weight_of(size, trace->key.rate), in_use = tni_trace_in_use(trace);
    TN_DEBUG(in_use.count >= w.count && in_use.bytes >= w.bytes && t->current >= w.bytes);
    add(&trace->gone, w);
    t->current -= w.bytes;
}
