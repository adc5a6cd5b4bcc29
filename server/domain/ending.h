// SPDX-License-Identifier: MIT
//
// ending: a session ends, at once in memory and then in the store.
//
// From its start until the store has the row, an ending holds the session, and with it the user: so
// a user whose past is not written yet is never loaded from the store. A row that the store could
// not keep is parked, and goes out again as soon as another row of the shard was kept. Locking: the
// shard's.
#ifndef DOMAIN_ENDING_H
#define DOMAIN_ENDING_H

#include "domain/session.h"

// Ends [session], which is live. OUTCOME_DONE: it is refused from here on, and [a], which may be
// NULL, is told when the store has the row, or OUTCOME_NO_STORE. Anything else: nothing happened,
// and [a] will not be told. Only a revocation may be refused because the queue is full.
enum outcome ending_start(struct shard *s, tn_object *session, enum end_reason reason, int64_t at,
                          struct answer *a);
// Ends the session [id] because a client wants it; [a] is told. Of a session that is not live it is
// told when the store knows that, which may be at once.
void ending_revoke(struct shard *s, struct span id, int64_t now, struct answer *a);
// Whether the session that [op], of kind PENDING_ENDING, ends is one of [user]'s (NULL: of
// anybody's) and older than [k].
bool ending_is_of(const struct pending_op *op, const tn_object *user, int64_t k);
// [a] is told when the store has the row of [op], or OUTCOME_NO_STORE; a parked row goes out again.
void ending_wait(struct shard *s, struct pending_op *op, struct answer *a);
// How many sessions of [user] have ended in memory while the store may still have them. [keys],
// which may be NULL, gets the k of each.
size_t ending_list_keys(struct shard *s, const tn_object *user, int64_t *keys);
// The store works: what was parked goes out again.
void ending_retry(struct shard *s);
// Gives up what is parked; the store will not be asked again.
void ending_drop_parked(struct shard *s);

#endif
