// SPDX-License-Identifier: MIT
//
// tally: what a listener has answered, by route and status, and how long it took.
//
// Locking: none. Each thread counts in a lane of its own as long as there are no more threads than
// lanes, and correctly beyond; whoever asks adds the lanes up.
#ifndef HTTP_TALLY_H
#define HTTP_TALLY_H

#include "base/histogram.h"
#include "http/request.h"

enum { TALLY_FIRST_STATUS = 100, TALLY_STATUSES = 500 };

struct tally;

// The sums of one route.
struct tally_row {
    const struct route *route;          // NULL: requests for which there was none
    uint64_t by_status[TALLY_STATUSES]; // from the first
    struct histogram duration;          // from the head to the last byte sent
};

struct tally *tally_new(const struct route *routes /* borrowed */, unsigned lanes); /* new */
void tally_free(struct tally *t /* stolen, may be NULL */);
// A request is over. [route] may be NULL.
void tally_add(struct tally *t, const struct route *route, const struct reply *reply, uint64_t ns);
// The sums of route [number], the last of which is of requests without one. False: no such number.
bool tally_read(const struct tally *t, size_t number, struct tally_row *row);
// "GET /v1/users/{id}"; the same pointer for the same route. NULL for none.
const char *tally_name(const struct tally *t, const struct route *route); /* borrowed */
// Requests of all routes but those that are open to everybody, which only ask for health.
uint64_t tally_count_work(const struct tally *t);
// How many replies were problems of type [number] (problem.h).
uint64_t tally_read_problems(const struct tally *t, unsigned number);

#endif
