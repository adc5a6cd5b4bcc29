// SPDX-License-Identifier: MIT
//
// inquiry: a question of the maintenance thread that a suspended request waits for.
#ifndef ADMIN_INQUIRY_H
#define ADMIN_INQUIRY_H

#include "gc/jobs.h"
#include "http/request.h"

// First in a struct of calloc, which the request owns once it is submitted.
struct inquiry {
    struct question question; // its name, shard and slice; first
    struct request *request;
    // With the lock of the question's shard, when it is over: gives back what belongs to the heap.
    void (*release)(struct inquiry *q);
    // Fills the reply of [request].
    void (*answer)(struct inquiry *q);
    void (*free)(void *q);
    bool is_short; // of memory
    bool is_busy;  // somebody else walks over the heap
};

// The request is suspended, or its reply is filled with a problem.
void inquiry_submit(struct inquiry *q /* stolen */, struct request *r);
// Members of the reply: how the question was asked.
void inquiry_add_cost(struct text *t, const struct inquiry *q);

#endif
