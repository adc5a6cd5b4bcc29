// SPDX-License-Identifier: MIT
//
// delete_user: ends all sessions of a user at once, then removes the user.
//
// No session survives: those that answer when the deletion begins are refused from then on, those
// whose row is on its way end with the user, and later ones find no user. Locking: takes the
// shard's; the answer is told without it.
#ifndef DOMAIN_DELETE_USER_H
#define DOMAIN_DELETE_USER_H

#include "domain/cache.h"

struct delete_user {
    struct answer answer; // DONE also when there was no such user; else BUSY, NO_STORE, NO_MEMORY
    // Set by the caller, borrowed until told.
    struct shard *shard;
    struct span id;
    // Private.
    struct lookup lookup;
    struct change change;
    tn_object *user; // a reference while the row is on its way
    int64_t *keys;   // of the sessions that the store may have of them
};

void delete_user_start(struct delete_user *d);

#endif
