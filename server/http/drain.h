// SPDX-License-Identifier: MIT
//
// drain: lets the clients of a plane go without a request that is not answered.
#ifndef HTTP_DRAIN_H
#define HTTP_DRAIN_H

#include "http/listener.h"

// For [delay_ms] the plane [data] serves on and closes each connection behind its reply, so that
// clients come to whoever else is there; then nobody new gets in. Returns when neither plane has a
// request on its way, after [timeout_ms], or at once with a signal that ends the program.
void drain_wait(struct listener *data, struct listener *admin, int64_t delay_ms,
                int64_t timeout_ms);

#endif
