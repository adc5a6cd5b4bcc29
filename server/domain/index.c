// SPDX-License-Identifier: MIT
//
// index: a table from a key of fixed size, which lies inside the object, to the object.
//
// A slot keeps the hash beside the object, so that growing and closing gaps never touch an object.
#include "domain/index.h"

#include "base/assert.h"

#include <string.h>

enum { FIRST_ROOM = 64 };

static const void *
key_of(const struct index *x, const tn_object *o)
{
    return (const char *)tn_payload(o) + x->key_offset;
}

// The last eight bytes, which are random in every key, spread over all bits of the hash.
static uint64_t
hash_of(const struct index *x, const void *key)
{
    uint64_t h;
    memcpy(&h, (const char *)key + x->key_size - sizeof h, sizeof h);
    h *= UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

void
index_init(struct index *x, tn_heap *heap, tn_type *account, size_t key_offset, size_t key_size)
{
    ASSERT(key_size >= sizeof(uint64_t));
    *x = (struct index){
        .heap = heap, .account = account, .key_offset = key_offset, .key_size = key_size};
}

void
index_fini(struct index *x)
{
    if (x->slots)
        tn_buffer_free(x->heap, x->account, x->slots, x->room * sizeof *x->slots);
    *x = (struct index){0};
}

// The first empty slot on the way of [hash].
static struct index_slot *
empty_slot(struct index_slot *slots, size_t room, uint64_t hash)
{
    size_t i = hash & (room - 1);
    while (slots[i].object)
        i = (i + 1) & (room - 1);
    return &slots[i];
}

static bool
grow(struct index *x)
{
    size_t room = x->room ? 2 * x->room : FIRST_ROOM;
    struct index_slot *slots = tn_buffer_alloc(x->heap, x->account, room * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0, room * sizeof *slots);
    for (size_t i = 0; i < x->room; i++)
        if (x->slots[i].object)
            *empty_slot(slots, room, x->slots[i].hash) = x->slots[i];
    if (x->slots)
        tn_buffer_free(x->heap, x->account, x->slots, x->room * sizeof *x->slots);
    x->slots = slots;
    x->room = room;
    return true;
}

bool
index_reserve(struct index *x)
{
    if ((x->count + x->reserved + 1) * 4 > x->room * 3 && !grow(x))
        return false;
    x->reserved++;
    return true;
}

void
index_release(struct index *x)
{
    ASSERT(x->reserved > 0);
    x->reserved--;
}

// The slot of [key], or the empty one where the search ends; NULL for a table without slots.
static struct index_slot *
find(const struct index *x, const void *key)
{
    if (x->room == 0)
        return NULL;
    uint64_t hash = hash_of(x, key);
    size_t i = hash & (x->room - 1);
    for (; x->slots[i].object; i = (i + 1) & (x->room - 1))
        if (x->slots[i].hash == hash &&
            memcmp(key_of(x, x->slots[i].object), key, x->key_size) == 0)
            break;
    return &x->slots[i];
}

void
index_put(struct index *x, tn_object *o)
{
    index_release(x);
    const void *key = key_of(x, o);
    struct index_slot *slot = find(x, key);
    ASSERT(slot && !slot->object);
    *slot = (struct index_slot){hash_of(x, key), o};
    x->count++;
}

tn_object *
index_borrow(const struct index *x, const void *key)
{
    const struct index_slot *slot = find(x, key);
    return slot ? slot->object : NULL;
}

// Moves back what was pushed behind the gap at [i], so that a search never meets a gap too early.
static void
close_gap(struct index *x, size_t i)
{
    size_t mask = x->room - 1;
    for (size_t j = (i + 1) & mask; x->slots[j].object; j = (j + 1) & mask) {
        size_t home = x->slots[j].hash & mask;
        if (((j - home) & mask) < ((j - i) & mask))
            continue; // its home lies behind the gap
        x->slots[i] = x->slots[j];
        i = j;
    }
    x->slots[i].object = NULL;
}

void
index_remove(struct index *x, const tn_object *o)
{
    struct index_slot *slot = find(x, key_of(x, o));
    ASSERT(slot && slot->object == o);
    close_gap(x, (size_t)(slot - x->slots));
    x->count--;
}

bool
index_next(const struct index *x, size_t *cursor, tn_object **o)
{
    while (*cursor < x->room) {
        *o = x->slots[(*cursor)++].object;
        if (*o)
            return true;
    }
    return false;
}
