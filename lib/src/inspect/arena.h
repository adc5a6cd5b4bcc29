// SPDX-License-Identifier: MIT
//
// arena: memory that is given back all at once, and strings of which it has one copy each.
#ifndef TNI_INSPECT_ARENA_H
#define TNI_INSPECT_ARENA_H

#include "base.h"

#include <stddef.h>
#include <stdint.h>

struct tni_arena {
    struct tni_chunk *chunks;
    char *free;
    size_t left;
    const char **names; // by hash; [room] is a power of two
    size_t count, room;
};

// Zeroed. NULL: out of memory.
void *tni_arena_take(struct tni_arena *a, size_t size);
// The one copy of [text]; of equal texts the pointers are equal. NULL: out of memory.
const char *tni_arena_name(struct tni_arena *a, const char *text);
void tni_arena_drop(struct tni_arena *a);

// realloc, which a test may let fail.
void *tni_scratch_resize(void *p, size_t size);
// Tests: as tni_fail_after, for what this thread allocates here.
void tni_scratch_fail_after(long after);

#endif
