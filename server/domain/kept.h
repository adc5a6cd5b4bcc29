// SPDX-License-Identifier: MIT
//
// kept: users whom a shard holds for their own sake, the last used ones (cache.keep).
//
// Each has a counted reference from here, so they are hits without a session. Off by default: a
// user who is kept is never garbage. Locking: the shard's.
#ifndef DOMAIN_KEPT_H
#define DOMAIN_KEPT_H

#include "domain/user.h"

// The user was asked for. Whoever was used least may be dropped for it; where there is no memory
// for a place, the user is not kept.
void kept_use(struct shard *s, tn_object *user);
void kept_forget(struct shard *s, tn_object *user); // also when they are not kept
void kept_drop_all(struct shard *s);

#endif
