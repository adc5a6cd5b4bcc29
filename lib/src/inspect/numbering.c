// SPDX-License-Identifier: MIT
#include "inspect/numbering.h"

#include "inspect/arena.h"
#include "trace/growth.h"

static uint32_t *
slot_of(const struct tni_numbering *n, const struct tni_key3 *key)
{
    size_t mask = n->room * 2 - 1;
    size_t at = tni_mix(tni_mix(tni_mix(0, key->a), key->b), key->c) & mask;
    for (; n->slots[at] != 0; at = (at + 1) & mask) {
        const struct tni_key3 *known = &n->keys[n->slots[at] - 1];
        if (known->a == key->a && known->b == key->b && known->c == key->c)
            break;
    }
    return &n->slots[at];
}

static bool
reserve(struct tni_numbering *n)
{
    if (n->count < n->room)
        return true;
    size_t room = n->room == 0 ? 64 : n->room * 2;
    struct tni_key3 *keys = tni_scratch_resize(n->keys, room * sizeof *keys);
    if (keys == NULL)
        return false;
    n->keys = keys;
    uint32_t *slots = tni_scratch_resize(NULL, 2 * room * sizeof *slots);
    if (slots == NULL)
        return false;
    free(n->slots);
    n->slots = memset(slots, 0, 2 * room * sizeof *slots);
    n->room = room;
    for (size_t i = 0; i < n->count; i++)
        *slot_of(n, &n->keys[i]) = (uint32_t)i + 1;
    return true;
}

size_t
tni_numbering_of(struct tni_numbering *n, uintptr_t a, uintptr_t b, uintptr_t c)
{
    struct tni_key3 key = {a, b, c};
    if (!reserve(n))
        return SIZE_MAX;
    uint32_t *slot = slot_of(n, &key);
    if (*slot == 0) {
        n->keys[n->count++] = key;
        *slot = (uint32_t)n->count;
    }
    return *slot - 1;
}

void
tni_numbering_drop(struct tni_numbering *n)
{
    free(n->keys);
    free(n->slots);
    *n = (struct tni_numbering){0};
}
