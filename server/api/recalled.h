// SPDX-License-Identifier: MIT
//
// recalled: a handler whose session memory does not have, or no longer knows to be true, waits for
// the shared store and then runs again from its start.
#ifndef API_RECALLED_H
#define API_RECALLED_H

#include "domain/recall.h"
#include "http/request.h"

// Called first by a handler, before it has a state of its own. True: the handler returns at once;
// the request waits and [again], the handler, runs once more, or it is answered. Where the store is
// not shared it is false at once.
bool recalled_wait(struct request *r, uint16_t slot, enum recall_key by, struct span key,
                   handler_fn *again);
// The same by a token's hash.
bool recalled_wait_token(struct request *r, uint16_t slot, struct span token, handler_fn *again);

#endif
