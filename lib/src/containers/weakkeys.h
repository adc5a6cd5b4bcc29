// SPDX-License-Identifier: MIT
//
// weakkeys: entries whose keys are objects that they do not keep alive, for weakkeymap and weakset.
//
// There is no index: an entry is found by way of its key, whose chain of links names it. Values,
// where there are any, are the span of their object, so that the collector counts them as it counts
// a list's; a free entry's is absent. A span that is shorter than [used] belongs to a dead map that
// is dropped in parts, from the end.
//
// Invariant: an entry below [used] is free, and chained by its link, exactly if it has no target.
#ifndef TNI_CONTAINERS_WEAKKEYS_H
#define TNI_CONTAINERS_WEAKKEYS_H

#include "object/weak.h"

struct tni_weakkeys {
    struct tni_span values; // first: the collector reads it there
    struct tni_weak_table table;
    struct tni_link *links; // [room]; of a free one: the number of the next free one, plus one
    uint32_t room, used;    // entries; those beyond [used] were never taken
    uint32_t first_free;    // a number plus one; 0: none below [used]
    uint32_t len;
    bool valued;
};

// A new, empty object of the type with [index]. NULL: out of memory.
tn_object *tni_weakkeys_new(tn_heap *heap, uint32_t index, bool valued, const tn_site *site);
// The same entries. NULL: out of memory.
tn_object *tni_weakkeys_copy(const tn_object *o, const tn_site *site);

static inline struct tni_weakkeys *
tni_weakkeys_of(const tn_object *o, uint32_t index)
{
    return tni_payload_as(o, index);
}

// The entry of [key]; TNI_NO_ENTRY: there is none.
int64_t tni_weakkeys_find(const struct tni_weakkeys *k, const tn_object *key);
// Room for [more] entries, which [site] asks for. False: no memory, nothing has changed.
bool tni_weakkeys_reserve(struct tni_weakkeys *k, uint32_t more, const tn_site *site);
// An entry for [key], which has none, in the room that there is; its value is absent.
uint32_t tni_weakkeys_add(struct tni_weakkeys *k, tn_object *key);
// Takes the entry out and gives its value, whose reference is the caller's.
tn_value tni_weakkeys_remove(struct tni_weakkeys *k, uint32_t entry); /* new */
// What the entry's key is, if it may be given.
tn_object *tni_weakkeys_give(const struct tni_weakkeys *k, uint32_t entry); /* new */
void tni_weakkeys_empty(struct tni_weakkeys *k);

// Hooks of the types.
void tni_weakkeys_clear(tn_object *o);
size_t tni_weakkeys_size_of(const tn_object *o);
bool tni_weakkeys_check(const tn_object *o);
const struct tni_weak_table *tni_weakkeys_table(const tn_object *o); /* borrowed */

#endif
