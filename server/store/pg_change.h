// SPDX-License-Identifier: MIT
//
// pg_change: the statements of a change, or of several that go in one, and what became of each.
#ifndef STORE_PG_CHANGE_H
#define STORE_PG_CHANGE_H

#include "store/pg.h"
#include "store/store.h"

// Who writes, and the key of the slots.
struct pg_author {
    _Atomic int64_t instance; // in notices; 0 after a batch that was lost and may be there yet
    const uint8_t *slot_key;
    _Atomic uint64_t notices; // that were committed, but those of an end of everybody
};

// The user whose row a change needs, absent where it needs none.
struct span pg_change_user(const struct change *c);
// Where those end that go with [first] in the same statements.
const struct change *pg_change_end(const struct change *first); /* borrowed; NULL: with the list */
// Of the changes from [first] to [end], as above. False: out of memory, and they were not sent.
bool pg_change_send(struct pg *c, const struct pg_author *author, const struct change *first,
                    const struct change *end);
// Takes the answers in the order of sending, and sets the results.
void pg_change_take(struct pg *c, const struct change *first, const struct change *end);

#endif
