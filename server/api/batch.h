// SPDX-License-Identifier: MIT
//
// batch: one call about many sessions, with a status for each.
#ifndef API_BATCH_H
#define API_BATCH_H

#include "http/request.h"

handler_fn batch_run; // POST /v1/sessions/batch

#endif
