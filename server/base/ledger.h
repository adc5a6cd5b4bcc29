// SPDX-License-Identifier: MIT
//
// ledger: how much memory is in use outside of the heaps, by what it is for.
//
// Only totals, no call sites: a block costs an addition or two on a cache line that its thread
// shares with few others. A block may be freed by another thread than made it. Sizes are what a
// block occupies, its rounding included.
#ifndef BASE_LEDGER_H
#define BASE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

enum ledger_domain {
    LEDGER_JSON,  // documents that are read or written
    LEDGER_HTTP,  // connections, bodies and replies on their way
    LEDGER_STORE, // what the store keeps in memory
    LEDGER_DOMAINS
};

struct ledger_sum {
    int64_t bytes, blocks;
};

const char *ledger_domain_name(enum ledger_domain d); /* borrowed */

// More, or less, of [d]. Any thread, as everything here.
void ledger_add(enum ledger_domain d, int64_t bytes, int64_t blocks);
// [block] of malloc is counted, or is about to be freed; NULL is nothing.
void ledger_note(enum ledger_domain d, void *block);
void ledger_forget(enum ledger_domain d, void *block);
// As malloc, calloc and free, counted.
void *ledger_alloc(enum ledger_domain d, size_t size);                /* new */
void *ledger_calloc(enum ledger_domain d, size_t count, size_t size); /* new */
void ledger_free(enum ledger_domain d, void *block /* stolen */);

// Exact when nobody allocates meanwhile.
struct ledger_sum ledger_read(enum ledger_domain d);

#endif
