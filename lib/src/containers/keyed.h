// SPDX-License-Identifier: MIT
//
// keyed: entries in the order in which they came, found by their keys: what a dict and a set are.
//
// An entry is [width] values, the first of which is its key; a deleted one leaves a hole, all
// absent, until the next rebuild. A table with room for SMALL entries is searched from the front; a
// larger one has an index behind them: positions of entries plus one, found by probing from the
// hash. A hole keeps its index position, so that probing goes on past it.
//
// The owner has the span, whose [room] is that of entries, and says the width: a constant, so that
// what is inline here is as if it were written for the one owner.
#ifndef TNI_CONTAINERS_KEYED_H
#define TNI_CONTAINERS_KEYED_H

#include "containers/key.h"
#include "object/type.h"

// What stands before the values of a table that ever had an entry.
struct tni_keyed {
    uint32_t holes; // among the entries that were used
    uint32_t stamp; // of the last insertion or deletion
    tn_value values[];
};

enum { TNI_KEYED_SMALL = 8 };

static inline struct tni_keyed *
tni_keyed_of(const struct tni_span *t)
{
    return (struct tni_keyed *)(void *)((char *)t->values - offsetof(struct tni_keyed, values));
}

static inline uint32_t
tni_keyed_len(const struct tni_span *t, uint32_t width)
{
    return t->room == 0 ? 0 : t->count / width - tni_keyed_of(t)->holes;
}

static inline uint32_t
tni_keyed_stamp(const struct tni_span *t)
{
    return t->room == 0 ? 0 : tni_keyed_of(t)->stamp;
}

// A power of two of which at most two thirds are in use; 0: a small table has none.
static inline uint32_t
tni_keyed_index_size(uint32_t room)
{
    if (room <= TNI_KEYED_SMALL)
        return 0;
    return UINT32_C(1) << (32 - __builtin_clz(room + room / 2 - 1));
}

static inline uint32_t *
tni_keyed_index(const struct tni_span *t, uint32_t width)
{
    return (uint32_t *)(void *)(t->values + (size_t)t->room * width);
}

// --- Searching -----------------------------------------------------------------------------------

static inline tn_value *
tni_keyed_find_in_index(const struct tni_span *t, uint32_t width, const struct tni_key *key)
{
    const uint32_t *index = tni_keyed_index(t, width);
    uint32_t size = tni_keyed_index_size(t->room), at = tni_index_home(key->hash, size);
    for (; index[at] != 0; at = tni_index_next(at, size)) {
        tn_value *entry = &t->values[(size_t)(index[at] - 1) * width];
        if (tni_key_is(key, *entry))
            return entry;
    }
    return NULL;
}

// The entry of [key]; NULL: there is none.
static inline tn_value *
tni_keyed_find(const struct tni_span *t, uint32_t width, const struct tni_key *key)
{
    if (t->room > TNI_KEYED_SMALL)
        return tni_keyed_find_in_index(t, width, key);
    for (uint32_t i = 0; i < t->count; i += width)
        if (tni_key_is(key, t->values[i]))
            return &t->values[i];
    return NULL;
}

// The first entry from number [cursor] on, behind which the cursor moves; NULL: the end.
static inline tn_value *
tni_keyed_next(const struct tni_span *t, uint32_t width, size_t *cursor)
{
    while (*cursor < t->count / width)
        if (!tn_is_absent(t->values[(*cursor)++ * width]))
            return &t->values[(*cursor - 1) * width];
    return NULL;
}

// --- Changing ------------------------------------------------------------------------------------

static inline void
tni_keyed_note(struct tni_span *t, uint32_t width, uint32_t entry, uint64_t hash)
{
    uint32_t *index = tni_keyed_index(t, width), size = tni_keyed_index_size(t->room);
    uint32_t at = tni_index_home(hash, size);
    while (index[at] != 0)
        at = tni_index_next(at, size);
    index[at] = entry + 1;
}

// There is room for the entry, which is not there yet; its references are stolen. A width of 1 has
// no [value].
static inline void
tni_keyed_append(struct tni_objects *s, struct tni_span *t, uint32_t width, tn_value key,
                 tn_value value)
{
    uint32_t entry = t->count / width;
    t->values[(size_t)entry * width] = key;
    if (width > 1)
        t->values[(size_t)entry * width + 1] = value;
    t->count += width;
    if (t->room > TNI_KEYED_SMALL)
        tni_keyed_note(t, width, entry, tni_key_hash(s, key));
}

// Out of the hole's values the owner has taken what it wants.
static inline void
tni_keyed_dig(struct tni_objects *s, struct tni_span *t, uint32_t width, tn_value *entry)
{
    for (uint32_t i = 0; i < width; i++)
        entry[i] = TN_ABSENT;
    tni_keyed_of(t)->holes++;
    tni_keyed_of(t)->stamp = ++s->stamp;
}

// An empty table with so much room; [account] is the owner's type's. False: out of memory.
bool tni_keyed_alloc(struct tni_objects *s, struct tni_account *account, struct tni_span *t,
                     uint32_t width, uint32_t room);
void tni_keyed_free(struct tni_objects *s, struct tni_account *account, const struct tni_span *t,
                    uint32_t width);

// Moves the entries into a table with room for twice as many, without the holes.
static inline bool
tni_keyed_rebuild(struct tni_objects *s, const tn_object *o, struct tni_span *t, uint32_t width)
{
    struct tni_account *account = &s->types[o->type]->account;
    struct tni_span moved;
    uint32_t len = tni_keyed_len(t, width);
    if (!tni_keyed_alloc(s, account, &moved, width, len < 2 ? 4 : len * 2))
        return false;
    for (uint32_t i = 0; i < t->count; i += width)
        if (!tn_is_absent(t->values[i]))
            tni_keyed_append(s, &moved, width, t->values[i],
                             width > 1 ? t->values[i + 1] : TN_ABSENT);
    tni_keyed_free(s, account, t, width);
    *t = moved;
    return true;
}

// Into the table of [o] comes an entry that is not there yet; takes references of its own. [site]
// is who made the table grow, or NULL. False: out of memory.
static inline bool
tni_keyed_insert(struct tni_objects *s, const tn_object *o, struct tni_span *t, uint32_t width,
                 tn_value key, tn_value value, const tn_site *site)
{
    if (t->count / width == t->room) {
        s->memory.site = site;
        if (!tni_keyed_rebuild(s, o, t, width))
            return false;
    }
    tn_incref_value(key);
    if (width > 1)
        tn_incref_value(value);
    tni_keyed_append(s, t, width, key, value);
    tni_keyed_of(t)->stamp = ++s->stamp;
    return true;
}

// Drops everything, in order. The table is empty before the first value is dropped.
void tni_keyed_clear(struct tni_objects *s, struct tni_account *account, struct tni_span *t,
                     uint32_t width);
// What the table occupies.
size_t tni_keyed_occupies(const struct tni_span *t, uint32_t width);
// Every entry is found under its own key.
bool tni_keyed_check(const struct tni_objects *s, const struct tni_span *t, uint32_t width);

#endif
