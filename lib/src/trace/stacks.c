// SPDX-License-Identifier: MIT
#include "trace/stacks.h"

// A record: the site, the two counts in one word, the addresses.
enum { HEAD = 2 };

const tn_site tni_nowhere = {"<tenure>", 0, "<tenure>"};

struct tni_traceback
tni_stacks_at(const struct tni_stacks *t, uint32_t number)
{
    const size_t *offsets = t->offsets.items;
    const uintptr_t *record = (const uintptr_t *)t->words.items + offsets[number - 1];
    return (struct tni_traceback){(const tn_site *)record[0], (uint32_t)record[1],
                                  (uint32_t)(record[1] >> 32), record + HEAD};
}

static uint64_t
hash_of(const struct tni_traceback *s)
{
    uint64_t hash = tni_mix((uintptr_t)s->site, s->total);
    for (uint32_t i = 0; i < s->count; i++)
        hash = tni_mix(hash, s->addresses[i]);
    return hash;
}

static uint64_t
hash_at(const void *t, uint32_t number)
{
    struct tni_traceback stack = tni_stacks_at(t, number);
    return hash_of(&stack);
}

static bool
are_equal(const struct tni_traceback *a, const struct tni_traceback *b)
{
    return a->site == b->site && a->count == b->count && a->total == b->total &&
           (a->count == 0 || memcmp(a->addresses, b->addresses, a->count * sizeof(uintptr_t)) == 0);
}

static uint32_t
find(const struct tni_stacks *t, const struct tni_traceback *stack, uint64_t hash)
{
    const uint32_t *slots = tni_index_slots(&t->index);
    for (size_t at = hash; t->index.room > 0; at++) {
        uint32_t number = slots[at & (t->index.room - 1)];
        if (number == 0)
            return 0;
        struct tni_traceback known = tni_stacks_at(t, number);
        if (are_equal(&known, stack))
            return number;
    }
    return 0;
}

static uint32_t
append(struct tni_stacks *t, const struct tni_traceback *stack, uint64_t hash)
{
    uintptr_t *record = (uintptr_t *)t->words.items + t->words.count;
    record[0] = (uintptr_t)stack->site;
    record[1] = (uintptr_t)stack->total << 32 | stack->count;
    if (stack->count > 0)
        memcpy(record + HEAD, stack->addresses, stack->count * sizeof *record);
    ((size_t *)t->offsets.items)[t->offsets.count++] = t->words.count;
    t->words.count += HEAD + stack->count;
    tni_index_put(&t->index, hash, (uint32_t)t->offsets.count);
    return (uint32_t)t->offsets.count;
}

uint32_t
tni_stacks_intern(struct tni_stacks *t, const struct tni_growth *g,
                  const struct tni_traceback *stack)
{
    uint64_t hash = hash_of(stack);
    uint32_t number = find(t, stack, hash);
    if (number != 0)
        return number;
    if (t->offsets.count == UINT32_MAX || !tni_index_reserve(g, &t->index, hash_at, t) ||
        !tni_table_reserve(g, &t->offsets, 1, sizeof(size_t)) ||
        !tni_table_reserve(g, &t->words, HEAD + stack->count, sizeof(uintptr_t)))
        return 0;
    return append(t, stack, hash);
}

void
tni_stacks_drop(struct tni_stacks *t, const struct tni_growth *g)
{
    tni_table_drop(g, &t->words, sizeof(uintptr_t));
    tni_table_drop(g, &t->offsets, sizeof(size_t));
    tni_table_drop(g, &t->index, sizeof(uint32_t));
}
