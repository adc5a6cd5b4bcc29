// SPDX-License-Identifier: MIT
//
// The patterns of operations.c with 48 bytes from mimalloc, which has nothing to say of objects:
// three words are written where the others set three slots. Usage: bench_operations_mimalloc N
#include "bench.h"

#include <mimalloc.h>

enum { IN_FLIGHT = 1000, BLOCK = 48 };

static inline uint64_t *
new_filled(void)
{
    uint64_t *block = mi_malloc(BLOCK);
    block[0] = 1;
    block[1] = 2;
    block[2] = 3;
    return block;
}

static void
create(void *arg, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t *block = new_filled();
        bench_keep(block);
        mi_free(block);
    }
}

static void
create_in_flight(void *arg, size_t count)
{
    uint64_t **ring = arg;
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < IN_FLIGHT ? at + 1 : 0) {
        mi_free(ring[at]);
        ring[at] = new_filled();
        bench_keep(ring[at]);
    }
}

int
main(int argc, char **argv)
{
    static uint64_t *ring[IN_FLIGHT];
    bench_must(argc == 2, "reading N");
    size_t count = bench_read_count(argv[1]);
    bench_measure("create", create, ring, count);
    bench_measure("create_in_flight", create_in_flight, ring, count);
    return 0;
}
