// SPDX-License-Identifier: MIT
//
// user: the object of a user in the heap.
//
// Made from a row of the store or of a request, changed only by user_take_over, session by session
// by live.c and ending.c. Locking: the shard's.
#ifndef DOMAIN_USER_H
#define DOMAIN_USER_H

#include "base/etag.h"
#include "domain/shard.h"

enum user_slot {
    USER_ID,
    USER_NAME,
    USER_EMAIL,
    USER_ATTRIBUTES,
    USER_SESSIONS,
    USER_LAST_SESSION,
};

enum user_stage {
    USER_STAYS,
    USER_LEAVES, // the row that deletes them is on its way: no session is created any more
    USER_GONE,   // neither the map nor the store has them
};

// The payload: slots, then native bytes.
struct user {
    tn_value id, name, email; // str; the email may be absent
    tn_value attributes;      // str: a JSON object without white space
    // list in the order of k: the live sessions, and the k, as an integer, of each one whose row is
    // on its way to the store.
    tn_value sessions;
    tn_value last_session; // the session that ended last, or absent
    int64_t version, created_at, updated_at;
    int64_t next_expiry; // no session of theirs expires before this
    size_t live;         // sessions in the list
    enum user_stage stage;
    uint64_t read_ns;        // fresh.c's: when the store was asked, monotonic; 0: to be read again
    uint64_t used_ns;        // fresh.c's: when somebody asked for them last, monotonic
    struct kept_place *kept; // kept.c's, NULL: not kept
};

static inline struct user *
user_of(const tn_object *o)
{
    return tn_payload(o);
}

bool user_id_is_valid(struct span id); // [A-Za-z0-9_.@-]{1,128}

tn_err user_type_register(tn_heap *heap, tn_type **type);
// Without sessions and last session. NULL: out of memory.
tn_object *user_new(struct shard *s, const struct user_row *row); /* new */
// Name, email, attributes, version and times of [from]; cannot fail.
void user_take_over(tn_object *user, const tn_object *from);
// Spans into the user's own strings, without last_session: they last as long as these.
void user_fill_row(const tn_object *user, struct user_row *row);
struct span user_id(const tn_object *user); /* borrowed */
// Of what GET shows of a user.
struct etag user_etag(const struct shard *s, const tn_object *user);
// The document that clients see.
void user_add_json(struct text *t, const tn_object *user);
// The same of a user who is not resident, and therefore has no session.
void user_add_row_json(struct text *t, const struct user_row *row);

#endif
