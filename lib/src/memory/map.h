// SPDX-License-Identifier: MIT
//
// map: memory straight from the system and straight back: the only caller of mmap.
#ifndef TNI_MEMORY_MAP_H
#define TNI_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>

// Zeroed. [huge]: in pages of 2 MiB where the system has them. NULL: out of memory.
void *tni_map(size_t size, bool huge); /* new */
// The same, at a multiple of [size], a power of two.
void *tni_map_aligned(size_t size, bool huge); /* new */
// Moves page tables, not bytes. On failure NULL, and [map] stays as it is.
void *tni_remap(void *map /* stolen on success */, size_t size, size_t new_size); /* new */
void tni_unmap(void *map /* stolen */, size_t size);
// Gives back the memory, not the addresses: it is zero when it is touched again.
void tni_map_forget(void *at, size_t size);

#endif
