// SPDX-License-Identifier: MIT
//
// touch: a session is used: memory knows it at once, the store a little later.
//
// Every sessions.touch_flush the times of the touched sessions go to the store, one row a session
// however often it was touched. A process that is killed loses the touches since then. Locking: the
// shard's.
#ifndef DOMAIN_TOUCH_H
#define DOMAIN_TOUCH_H

#include "domain/session.h"

void touch_session(struct shard *s, tn_object *session, int64_t now); // which is live
// The session ends: its times go with it.
void touch_forget(struct shard *s, tn_object *session);
// Sends what the store does not know yet, in changes of TOUCH_ROWS rows, each when the one before
// is durable, so that other writes find their place between. What the store did not keep waits for
// the next flush.
void touch_flush(struct shard *s);

#endif
