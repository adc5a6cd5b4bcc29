// SPDX-License-Identifier: MIT
//
// growth: tables of the tracer that grow, from under the front door.
#ifndef TNI_TRACE_GROWTH_H
#define TNI_TRACE_GROWTH_H

#include "base.h"

#include <stdint.h>
#include <string.h>

struct tni_memory;

// Where the tables come from; the memory that they are counted in installs it.
struct tni_growth {
    void *(*resize)(struct tni_memory *m, void *table, size_t size, size_t new_size);
    struct tni_memory *memory;
};

// A table of [count] items of one size, with room for more.
struct tni_table {
    void *items;
    size_t count, room;
};

// Room for [more] items behind the last. False: out of memory, the table is as it was.
static inline bool
tni_table_reserve(const struct tni_growth *g, struct tni_table *t, size_t more, size_t item)
{
    if (t->count + more <= t->room)
        return true;
    size_t room = (t->count + more) * 3 / 2 + 16;
    void *items = g->resize(g->memory, t->items, t->room * item, room * item);
    if (items == NULL)
        return false;
    t->items = items;
    t->room = room;
    return true;
}

static inline void
tni_table_drop(const struct tni_growth *g, struct tni_table *t, size_t item)
{
    if (t->items != NULL)
        g->resize(g->memory, t->items, t->room * item, 0);
    *t = (struct tni_table){0};
}

// --- Numbers by hash -----------------------------------------------------------------------------

// Open addressing: numbers from 1 up of items that stand elsewhere; 0 is empty. [count] of them
// are taken, at most half; [room] is a power of two.
static inline uint32_t *
tni_index_slots(const struct tni_table *index)
{
    return index->items;
}

static inline void
tni_index_put(struct tni_table *index, uint64_t hash, uint32_t number)
{
    uint32_t *slots = tni_index_slots(index);
    size_t at = hash & (index->room - 1);
    while (slots[at] != 0)
        at = (at + 1) & (index->room - 1);
    slots[at] = number;
    index->count++;
}

// One more number will find room. [hash_of] gives an item's hash, for the move into a larger index.
static inline bool
tni_index_reserve(const struct tni_growth *g, struct tni_table *index,
                  uint64_t (*hash_of)(const void *owner, uint32_t number), const void *owner)
{
    if (index->count * 2 < index->room)
        return true;
    struct tni_table larger = {.room = index->room == 0 ? 64 : index->room * 2};
    size_t size = larger.room * sizeof(uint32_t);
    larger.items = g->resize(g->memory, NULL, 0, size);
    if (larger.items == NULL)
        return false;
    memset(larger.items, 0, size);
    for (size_t i = 0; i < index->room; i++)
        if (tni_index_slots(index)[i] != 0)
            tni_index_put(&larger, hash_of(owner, tni_index_slots(index)[i]),
                          tni_index_slots(index)[i]);
    tni_table_drop(g, index, sizeof(uint32_t));
    *index = larger;
    return true;
}

// Mixes one more word into a hash.
static inline uint64_t
tni_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

#endif
