// SPDX-License-Identifier: MIT
//
// absent: ids that the store was asked for lately and did not know, so that whoever asks again and
// again for one who is not there costs the store one question in cache.negative_ttl.
//
// A table of fixed size, where a later id takes the place of an earlier one. Locking: the shard's.
#ifndef DOMAIN_ABSENT_H
#define DOMAIN_ABSENT_H

#include "base/text.h"

enum { ABSENT_PLACES = 256, ABSENT_ID_SIZE = 128, ABSENT_KEY_SIZE = 16 };

struct absent {
    uint8_t key[ABSENT_KEY_SIZE]; // of the hash: ids are chosen by clients
    struct absent_place {
        uint64_t until_ns; // monotonic
        uint8_t len;
        char id[ABSENT_ID_SIZE];
    } places[ABSENT_PLACES];
};

void absent_init(struct absent *a);
void absent_note(struct absent *a, struct span id, uint64_t until_ns);
bool absent_knows(const struct absent *a, struct span id, uint64_t now_ns);
void absent_forget(struct absent *a, struct span id); // there is one now

#endif
