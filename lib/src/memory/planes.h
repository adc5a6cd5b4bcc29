// SPDX-License-Identifier: MIT
//
// planes: what the collector knows of a slot, one bit a question, apart from the slots themselves.
//
// The eight planes of 64 neighbouring slots stand together in one row, which is one cache line, so
// that creating or freeing an object touches one line of them and a pass over a page walks them in
// order. Buffers have the first plane only.
//
// Invariant, per row: tracked, finalized and suspect are subsets of alloc; gen0, gen1 and frozen
// are disjoint subsets of tracked; a tracked object in none of the three is of generation 2.
#ifndef TNI_MEMORY_PLANES_H
#define TNI_MEMORY_PLANES_H

#include <stdbool.h>
#include <stdint.h>

struct tni_row {
    uint64_t alloc; // the slot is taken; bits beyond the page's last slot are set for ever
    uint64_t tracked;
    uint64_t gen0, gen1;
    uint64_t frozen;
    uint64_t finalized;
    uint64_t suspect[2]; // logged since it was last looked at; one plane is current
};

enum { TNI_ROW_WORDS = sizeof(struct tni_row) / sizeof(uint64_t), TNI_ROW_SLOTS = 64 };
_Static_assert(sizeof(struct tni_row) == 64, "a row is one cache line");

// What a collection of [generation] looks at.
static inline uint64_t
tni_row_candidates(const struct tni_row *row, int generation)
{
    uint64_t young = generation == 0 ? row->gen0 : row->gen0 | row->gen1;
    return generation == 2 ? row->tracked & ~row->frozen : young;
}

static inline bool
tni_row_check(const struct tni_row *row)
{
    uint64_t known = row->tracked | row->finalized | row->suspect[0] | row->suspect[1];
    uint64_t ages = row->gen0 | row->gen1 | row->frozen;
    bool disjoint = (row->gen0 & row->gen1) == 0 && ((row->gen0 | row->gen1) & row->frozen) == 0;
    return (known & ~row->alloc) == 0 && (ages & ~row->tracked) == 0 && disjoint;
}

#endif
