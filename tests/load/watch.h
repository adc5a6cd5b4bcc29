// SPDX-License-Identifier: MIT
//
// watch: what the admin plane says while a run goes on, once a second, on the run's own axis.
//
// A thread of its own. An admin plane that does not answer leaves a gap, and the run goes on.
#ifndef LOAD_WATCH_H
#define LOAD_WATCH_H

#include "admin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct watch {
    struct admin admin;
    int64_t start_ms; // of the run, since 1970
    pthread_t thread;
    atomic_bool enough;
    double last_run;     // number of the last collection that was seen
    json_t *samples;     // [{t, resident, kept, loads, coalesced, traced, rss}]
    json_t *collections; // [{t, cause, generation, collected, seconds, pause_ms, before, after}]
};

// Whatever ran before is none of the run's collections.
void watch_init(struct watch *w, const char *address, const char *token);
void watch_start(struct watch *w, int64_t start_ms);
void watch_stop(struct watch *w); // with a last look
void watch_fini(struct watch *w);
// Milliseconds since 1970 of "2026-11-22T09:25:00.123Z".
int64_t watch_read_time(const char *text);

#endif
