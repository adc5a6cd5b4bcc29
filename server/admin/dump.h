// SPDX-License-Identifier: MIT
//
// dump: the heaps of all shards as a file for other tools.
#ifndef ADMIN_DUMP_H
#define ADMIN_DUMP_H

#include "http/request.h"

#include <pthread.h>
#include <stdatomic.h>

// One dump at a time, from its request to the last byte of its reply.
struct dumps {
    _Atomic bool busy;
    bool has_thread; // that is to be joined; the plane's thread's
    pthread_t thread;
};

void dumps_fini(struct dumps *d); // when the plane has stopped

handler_fn dump_take; // POST /v1/heap/dump

#endif
