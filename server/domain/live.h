// SPDX-License-Identifier: MIT
//
// live: the sessions that answer: both tables and their user's list change together, or not at all.
//
// The table of sessions by id holds a reference to each; the table of tokens none; the user's list
// one. Locking: the shard's.
#ifndef DOMAIN_LIVE_H
#define DOMAIN_LIVE_H

#include "domain/session.h"
#include "domain/user.h"

// Keeps the places that live_join of a session [k] of [user] will need. False: out of memory.
bool live_reserve(struct shard *s, tn_object *user, int64_t k);
void live_release(struct shard *s, tn_object *user, int64_t k); // gives them back
// Cannot fail: its places were kept.
void live_join(struct shard *s, tn_object *session);
// Keeps the place that live_take_over will need. False: out of memory.
bool live_reserve_token(struct shard *s);
void live_release_token(struct shard *s); // gives it back
// session_take_over for a session that answers. Cannot fail: its place was kept.
void live_take_over(struct shard *s, tn_object *session, tn_object *draft);
// The session answers no more. Gives the table's reference to the caller.
tn_object *live_leave(struct shard *s, tn_object *session); /* new */
// The session of [user] that is there longest, NULL if there is none.
tn_object *live_oldest(const tn_object *user); /* borrowed */

// --- The user's list, item by item: a session, or NULL for one that is not in the store yet
// --------

// Brings the list into the order of k, after sessions came in another one.
void live_sort(tn_object *user);
size_t live_count(const tn_object *user);               // of items
tn_object *live_item(const tn_object *user, size_t i);  /* borrowed */
int64_t live_item_key(const tn_object *user, size_t i); // the k of either

#endif
