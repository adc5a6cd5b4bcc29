// SPDX-License-Identifier: MIT
//
// numbering: numbers from 0 up for keys of three words, in the order in which they come.
#ifndef TNI_INSPECT_NUMBERING_H
#define TNI_INSPECT_NUMBERING_H

#include <stddef.h>
#include <stdint.h>

struct tni_key3 {
    uintptr_t a, b, c;
};

struct tni_numbering {
    struct tni_key3 *keys; // by number
    uint32_t *slots;       // by hash: one more than the number; 0: empty
    size_t count, room;    // of keys; there are twice as many slots, a power of two
};

// SIZE_MAX: out of memory.
size_t tni_numbering_of(struct tni_numbering *n, uintptr_t a, uintptr_t b, uintptr_t c);
void tni_numbering_drop(struct tni_numbering *n);

#endif
