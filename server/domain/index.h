// SPDX-License-Identifier: MIT
//
// index: a table from a key of fixed size, which lies inside the object, to the object.
//
// Open addressing with linear probing, at most three quarters full. An index holds no references:
// whoever puts an object in sees to it that it lives. Its memory counts with the heap's.
// Keys are random bytes or their base64url, made by us, so the hash needs no key of its own.
// Locking: the shard's.
#ifndef DOMAIN_INDEX_H
#define DOMAIN_INDEX_H

#include <tenure/tenure.h>

struct index_slot {
    uint64_t hash;
    tn_object *object; // NULL: empty
};

struct index {
    tn_heap *heap;
    tn_type *account;            // pays for the slots
    size_t key_offset, key_size; // of the key in the payload; at least 8 bytes
    struct index_slot *slots;
    size_t room; // 0 or a power of two
    size_t count, reserved;
};

void index_init(struct index *x, tn_heap *heap, tn_type *account, size_t key_offset,
                size_t key_size);
void index_fini(struct index *x);

// Keeps a place for one index_put, which then cannot fail. False: out of memory, nothing changed.
bool index_reserve(struct index *x);
void index_release(struct index *x); // gives such a place back
// Takes a place that was reserved. The key of [o] must not be there yet.
void index_put(struct index *x, tn_object *o);
tn_object *index_borrow(const struct index *x, const void *key); /* borrowed */ // NULL: not there
void index_remove(struct index *x, const tn_object *o);                         // [o] must be there
// Walks in no order: [cursor] starts at 0; false at the end.
bool index_next(const struct index *x, size_t *cursor, tn_object **o /* borrowed */);

#endif
