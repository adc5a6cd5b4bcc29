// SPDX-License-Identifier: MIT
//
// refresh: a user with all sessions as the store has them: made, or the resident one brought up to
// date in place, so that whoever refers to them still does.
//
// Locking: the shard's.
#ifndef DOMAIN_REFRESH_H
#define DOMAIN_REFRESH_H

#include "domain/user.h"

// [read_ns]: monotonic, before the store was asked; what was read later stays. NULL: out of memory;
// what is resident then is not fresh.
tn_object *refresh_take(struct shard *s, const struct user_state *state,
                        uint64_t read_ns); /* new */
// Gives up the sessions that memory has of a user, but those that something is on its way for: the
// store has them, and they are read again when somebody asks.
void refresh_let_go(struct shard *s, tn_object *user);
// The store does not have them (any more).
void refresh_forget(struct shard *s, tn_object *user);

#endif
