// SPDX-License-Identifier: MIT
//
// report: a run as JSON. The text and the page are made of that, so the three say the same.
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "options.h"
#include "tally.h"
#include "watch.h"

struct report {
    const struct options *options; // all of them borrowed
    struct tally *tally;           // of all threads
    const struct watch *watch;
    int64_t start_ms;
};

// True: more than a hundredth of the requests left later than allowed, by our own fault.
bool report_is_void(const struct report *r);
json_t *report_new(const struct report *r); /* new */

#endif
