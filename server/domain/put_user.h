// SPDX-License-Identifier: MIT
//
// put_user: creates a user, or changes name, email and attributes of one.
//
// Locking: takes the shard's; the answer is told without it.
#ifndef DOMAIN_PUT_USER_H
#define DOMAIN_PUT_USER_H

#include "base/json.h"
#include "domain/cache.h"

// A merge patch (RFC 7396) of the three: what is absent stays, and [attributes] are a patch.
struct user_patch {
    bool is_patch; // false: name, email and attributes are all that the user has
    bool removes_email, removes_attributes;
    struct json_limits limits; // of the attributes that come out
    size_t size_limit;         // bytes of them
};

struct put_user {
    struct answer answer; // ENDED and FULL do not occur; ABSENT and LARGE only of a patch
    // Set by the caller, borrowed until told.
    struct shard *shard;
    struct span id, name, email, attributes;
    struct user_patch patch;
    bool must_create;
    const char *if_match; // a list of entity tags, one of which must name the version; or NULL
    // The result, when it is OUTCOME_DONE.
    bool is_new;
    struct text document; // made by put_user_start; the caller's to give back once told
    // Private.
    struct lookup lookup;
    unsigned attempts;
    struct change change;
    tn_object *user;  // a reference while the row is on its way; NULL: a new one
    tn_object *draft; // as it will be
};

void put_user_start(struct put_user *p);

#endif
