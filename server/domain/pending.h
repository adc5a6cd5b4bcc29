// SPDX-License-Identifier: MIT
//
// pending: at most one operation of a key is on its way to the store; later ones wait in order.
//
// A key is a kind and an id: writes of a user, writes of a session, a session's end, reads. The
// table links operations that their owners hold, so that nothing here can fail. Locking: the
// shard's.
#ifndef DOMAIN_PENDING_H
#define DOMAIN_PENDING_H

#include "base/text.h"

enum pending_kind {
    PENDING_USER = 'u',
    PENDING_SESSION = 's',
    PENDING_ENDING = 'e',
    PENDING_RECALL_USER = 'U', // reads of a shared store: recall.h
    PENDING_RECALL_SESSION = 'S',
    PENDING_RECALL_TOKEN = 'T',
};
enum { PENDING_BUCKETS = 1024, PENDING_KEY_SIZE = 16 };

// Embedded in the operation; the key is set by its owner, the rest is private.
struct pending_op {
    enum pending_kind kind;
    struct span id;            // borrowed until it left
    struct pending_op *behind; // the next of the same key
    struct pending_op *last;   // of the queue; only in the one that is under way
    struct pending_op *chain;  // the next key of the bucket; only in the one that is under way
};

struct pending {
    uint8_t key[PENDING_KEY_SIZE]; // of the hash: ids are chosen by clients
    struct pending_op *buckets[PENDING_BUCKETS];
};

void pending_init(struct pending *p);
// True: no other operation has this key, and [op] is under way. False: it waits.
bool pending_enter(struct pending *p, struct pending_op *op);
// [op], which is under way, is over. Returns the one that waited for it longest, which now is under
// way, or NULL.
struct pending_op *pending_leave(struct pending *p, struct pending_op *op);
// Walks the operations under way, in no order: from NULL to NULL. Nothing may change meanwhile.
struct pending_op *pending_next(const struct pending *p, enum pending_kind kind,
                                const struct pending_op *op);
// The operation of this key that is under way, or NULL.
struct pending_op *pending_find(const struct pending *p, enum pending_kind kind, struct span id);

#endif
