// SPDX-License-Identifier: MIT
//
// asking: what is sent for a question about a place, and what its answer does to the place.
//
// A login, a logout or a turn changes a place: none is asked for while any other question about its
// session is under way, nor the other way round. So nobody is refused for a reason of our own.
#ifndef LOAD_ASKING_H
#define LOAD_ASKING_H

#include "people.h"
#include "wire.h"

struct asking {
    struct people *people; // borrowed
    enum ask offline;      // instead of a question about a session that is not there
    size_t payload;
    uint64_t ttl_ms; // of the sessions of logins; 0: the service's own
};

enum { ASKING_BODY_EXTRA = 256 }; // bytes of a body beside the payload

// What becomes of [ask] about [place] as things are.
enum ask asking_settle(const struct asking *a, enum ask ask, const struct place *place);
// Fills in [c] for its ask, already settled, and its place.
void asking_begin(const struct asking *a, struct call *c);
// False: the answer is one that such a call must not get.
bool asking_end(const struct asking *a, struct call *c);

#endif
