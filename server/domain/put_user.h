// SPDX-License-Identifier: MIT
//
// put_user: creates a user, or replaces name, email and attributes of one.
//
// Locking: takes the shard's; the answer is told without it.
#ifndef DOMAIN_PUT_USER_H
#define DOMAIN_PUT_USER_H

#include "domain/cache.h"

struct put_user {
    struct answer answer; // ABSENT, ENDED, LARGE and FULL do not occur
    // Set by the caller, borrowed until told.
    struct shard *shard;
    struct span id, name, email, attributes;
    bool must_create;
    const char *if_match; // a list of entity tags, one of which must name the version; or NULL
    // The result, when it is OUTCOME_DONE.
    bool is_new;
    struct text document; // made by put_user_start; the caller's to give back once told
    // Private.
    struct lookup lookup;
    struct change change;
    tn_object *user;  // a reference while the row is on its way; NULL: a new one
    tn_object *draft; // as it will be
};

void put_user_start(struct put_user *p);

#endif
