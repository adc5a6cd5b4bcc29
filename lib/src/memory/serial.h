// SPDX-License-Identifier: MIT
//
// serial: the number that an object is known by outside of the process: odd, of no other object of
// the process before or after, and no address.
//
// Whoever asks for it first gives it. It stands in an array beside the page, which is made for the
// first object of the page that is asked for, and goes with the page.
#ifndef TNI_MEMORY_SERIAL_H
#define TNI_MEMORY_SERIAL_H

#include "memory/alloc.h"

// Below this, no object has a serial: they are for what is no object.
enum { TNI_FIRST_SERIAL = 0x10001 };

// 0: out of memory.
uint64_t tni_serial(struct tni_memory *m, const void *object);
// 0: it has none yet.
uint64_t tni_serial_peek(const void *object);
// Whether somebody has it or had it.
bool tni_serial_was_given(uint64_t serial);
// The slot that has [serial], or NULL. O(pages).
void *tni_serial_find(const struct tni_memory *m, uint64_t serial);

#endif
