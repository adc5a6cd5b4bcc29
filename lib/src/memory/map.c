// SPDX-License-Identifier: MIT
#include "memory/map.h"

#include <stdint.h>
#include <sys/mman.h>

void *
tni_map(size_t size, bool huge)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (huge)
        madvise(map, size, MADV_HUGEPAGE);
    return map;
}

// Maps twice the size and gives back what lies outside of the aligned half.
void *
tni_map_aligned(size_t size, bool huge)
{
    char *raw = tni_map(2 * size, false);
    if (raw == NULL)
        return NULL;
    char *aligned = raw + (-(uintptr_t)raw & (size - 1));
    if (aligned > raw)
        munmap(raw, (size_t)(aligned - raw));
    if (aligned < raw + size)
        munmap(aligned + size, (size_t)(raw + size - aligned));
    if (huge)
        madvise(aligned, size, MADV_HUGEPAGE);
    return aligned;
}

void *
tni_remap(void *map, size_t size, size_t new_size)
{
    void *moved = mremap(map, size, new_size, MREMAP_MAYMOVE);
    return moved != MAP_FAILED ? moved : NULL;
}

void
tni_unmap(void *map, size_t size)
{
    munmap(map, size);
}

void
tni_map_forget(void *at, size_t size)
{
    madvise(at, size, MADV_DONTNEED);
}
