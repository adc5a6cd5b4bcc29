// SPDX-License-Identifier: MIT
//
// expiry: finds live sessions for a reader, and ends those that the reader finds expired.
//
// Where there is no memory to end one, it is not found all the same. Locking: the shard's.
#ifndef DOMAIN_EXPIRY_H
#define DOMAIN_EXPIRY_H

#include "domain/shard.h"

// NULL: unknown, ended or expired. [id] must be one that session_read_id takes.
tn_object *expiry_find_session(struct shard *s, struct span id, int64_t now);  /* borrowed */
tn_object *expiry_find_token(struct shard *s, struct span token, int64_t now); /* borrowed */
// Ends what has expired of [user]. Cheap while nothing has.
void expiry_sweep_user(struct shard *s, tn_object *user, int64_t now);

#endif
