// SPDX-License-Identifier: MIT
//
// drain: a delay, a closed gate, and a quiet moment.
//
// Who got in last may not have sent the request yet, so one look at what is in flight does not
// tell: it must be nothing for QUIET_MS.
#include "http/drain.h"
#include "base/clock.h"
#include "base/signals.h"

#include <signal.h>

enum { STEP_MS = 10 };

// False: a signal that ends the program came meanwhile.
static bool
pass_time(long ms)
{
    int64_t end = (int64_t)(clock_monotonic_ns() / 1000000) + ms;
    for (long left = ms; left > 0; left = (long)(end - (int64_t)(clock_monotonic_ns() / 1000000))) {
        int number = signals_wait_ms(left);
        if (number != 0 && number != SIGHUP)
            return false;
    }
    return true;
}

void
drain_wait(struct listener *data, struct listener *admin, int64_t delay_ms, int64_t timeout_ms)
{
    listener_retire(data);
    if (!pass_time((long)delay_ms))
        return;
    long quiet_ms = listener_quiesce(data), quiet = 0;
    for (int64_t waited = 0; waited < timeout_ms && quiet < quiet_ms; waited += STEP_MS) {
        if (!pass_time(STEP_MS))
            return;
        bool busy = listener_in_flight(data) + listener_in_flight(admin) > 0;
        quiet = busy ? 0 : quiet + STEP_MS;
    }
}
