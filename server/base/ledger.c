// SPDX-License-Identifier: MIT
//
// ledger: lanes of counters, one cache line each. A thread always counts in the same lane, so that
// listeners do not take a line from each other; what one lane lacks another has too much of.
#include "base/ledger.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LANES = 16 };

static struct lane {
    _Alignas(64) struct {
        _Atomic int64_t bytes, blocks;
    } domains[LEDGER_DOMAINS];
} lanes[LANES];

const char *
ledger_domain_name(enum ledger_domain d)
{
    static const char *const names[] = {
        [LEDGER_JSON] = "json", [LEDGER_HTTP] = "http", [LEDGER_STORE] = "store"};
    return names[d];
}

// Threads are numbered as they come; those of one listener come one after the other.
static struct lane * /* borrowed */
lane_of_thread(void)
{
    static _Atomic unsigned threads;
    static _Thread_local struct lane *lane;
    if (lane == NULL)
        lane = &lanes[atomic_fetch_add(&threads, 1) % LANES];
    return lane;
}

void
ledger_add(enum ledger_domain d, int64_t bytes, int64_t blocks)
{
    struct lane *lane = lane_of_thread();
    atomic_fetch_add_explicit(&lane->domains[d].bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&lane->domains[d].blocks, blocks, memory_order_relaxed);
}

static int64_t
size_of(void *block)
{
    return (int64_t)malloc_usable_size(block);
}

void
ledger_note(enum ledger_domain d, void *block)
{
    if (block != NULL)
        ledger_add(d, size_of(block), 1);
}

void
ledger_forget(enum ledger_domain d, void *block)
{
    if (block != NULL)
        ledger_add(d, -size_of(block), -1);
}

void *
ledger_alloc(enum ledger_domain d, size_t size)
{
    void *block = malloc(size);
    ledger_note(d, block);
    return block;
}

void *
ledger_calloc(enum ledger_domain d, size_t count, size_t size)
{
    void *block = calloc(count, size);
    ledger_note(d, block);
    return block;
}

void
ledger_free(enum ledger_domain d, void *block)
{
    ledger_forget(d, block);
    free(block);
}

struct ledger_sum
ledger_read(enum ledger_domain d)
{
    struct ledger_sum sum = {0, 0};
    for (int i = 0; i < LANES; i++) {
        sum.bytes += atomic_load_explicit(&lanes[i].domains[d].bytes, memory_order_relaxed);
        sum.blocks += atomic_load_explicit(&lanes[i].domains[d].blocks, memory_order_relaxed);
    }
    return sum;
}
