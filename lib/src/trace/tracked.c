// SPDX-License-Identifier: MIT
#include "trace/tracked.h"

static struct tni_tracked_block *
blocks_of(const struct tni_tracked *t)
{
    return t->table.items;
}

static size_t
home_of(const struct tni_tracked *t, const struct tni_tracked_block *b)
{
    return tni_mix((uintptr_t)b->account, (uintptr_t)b->address) & (t->table.room - 1);
}

static size_t
next_of(const struct tni_tracked *t, size_t at)
{
    return (at + 1) & (t->table.room - 1);
}

// Where the block stands, or the empty place where it would.
static size_t
find(const struct tni_tracked *t, const struct tni_tracked_block *b)
{
    size_t at = home_of(t, b);
    const struct tni_tracked_block *known = blocks_of(t);
    while (known[at].account != NULL &&
           (known[at].account != b->account || known[at].address != b->address))
        at = next_of(t, at);
    return at;
}

static bool
reserve(struct tni_tracked *t, const struct tni_growth *g)
{
    if ((t->table.count + 1) * 2 <= t->table.room)
        return true;
    struct tni_tracked larger = {{.room = t->table.room == 0 ? 64 : t->table.room * 2}};
    size_t size = larger.table.room * sizeof(struct tni_tracked_block);
    larger.table.items = g->resize(g->memory, NULL, 0, size);
    if (larger.table.items == NULL)
        return false;
    memset(larger.table.items, 0, size);
    for (size_t i = 0; i < t->table.room; i++)
        if (blocks_of(t)[i].account != NULL)
            blocks_of(&larger)[find(&larger, &blocks_of(t)[i])] = blocks_of(t)[i];
    larger.table.count = t->table.count;
    tni_tracked_drop(t, g);
    *t = larger;
    return true;
}

struct tni_tracked_block *
tni_tracked_put(struct tni_tracked *t, const struct tni_growth *g, const void *account,
                const void *address)
{
    if (!reserve(t, g))
        return NULL;
    struct tni_tracked_block wanted = {.account = account, .address = address};
    struct tni_tracked_block *place = &blocks_of(t)[find(t, &wanted)];
    if (place->account == NULL) {
        *place = wanted;
        t->table.count++;
    }
    return place;
}

// Whoever stands behind the gap at [hole] only because it was taken moves into it.
static void
close_gap(struct tni_tracked *t, size_t hole)
{
    struct tni_tracked_block *blocks = blocks_of(t);
    for (size_t at = next_of(t, hole); blocks[at].account != NULL; at = next_of(t, at)) {
        size_t way = (at - home_of(t, &blocks[at])) & (t->table.room - 1);
        if (way < ((at - hole) & (t->table.room - 1)))
            continue;
        blocks[hole] = blocks[at];
        hole = at;
    }
    blocks[hole] = (struct tni_tracked_block){0};
}

struct tni_tracked_block
tni_tracked_take(struct tni_tracked *t, const void *account, const void *address)
{
    struct tni_tracked_block wanted = {.account = account, .address = address};
    if (t->table.room == 0)
        return (struct tni_tracked_block){0};
    size_t at = find(t, &wanted);
    struct tni_tracked_block taken = blocks_of(t)[at];
    if (taken.account == NULL)
        return taken;
    close_gap(t, at);
    t->table.count--;
    return taken;
}

void
tni_tracked_drop(struct tni_tracked *t, const struct tni_growth *g)
{
    tni_table_drop(g, &t->table, sizeof(struct tni_tracked_block));
}
