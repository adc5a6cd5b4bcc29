// SPDX-License-Identifier: MIT
//
// alloc: the one front door. Every byte of an object or a buffer comes through here and is counted
// here; the library's own tables come from under the door and count as overhead.
//
//   tni_object_take    a slot with a header, zeroed          at most 512 bytes
//   tni_buffer_alloc   a slot without a header, undefined    at most 4 KiB; larger: the system
//   tni_buffer_resize  in place where the size class stays
//   tni_table_resize   overhead: type tables, the collector's scratch
#ifndef TNI_MEMORY_ALLOC_H
#define TNI_MEMORY_ALLOC_H

#include "memory/memory.h"
#include "memory/traced.h"

#include <string.h>

// No request above this is tried; what is added to it cannot overflow.
#define TNI_MAX_BUFFER ((size_t)PTRDIFF_MAX / 2)

void tni_memory_init(struct tni_memory *m);
void tni_memory_fini(struct tni_memory *m);

void *tni_buffer_alloc(struct tni_memory *m, struct tni_account *account, size_t size); /* new */
void *tni_buffer_resize(struct tni_memory *m, struct tni_account *account, void *buffer,
                        size_t size, size_t new_size); /* new */
void tni_buffer_free(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size);

// Bytes that a buffer of [size] occupies.
static inline size_t
tni_buffer_occupies(size_t size)
{
    return size > TNI_MAX_SLOT ? size : tni_class_size(tni_class_of(size));
}

// Large buffers forget their traces.
void tni_large_forget_traces(struct tni_memory *m);

// As realloc; [new_size] 0 frees and gives NULL.
void *tni_table_resize(struct tni_memory *m, void *table, size_t size, size_t new_size); /* new */

// The call site of [object]; NULL in a release.
const tn_site *tni_site_of(const void *object); /* borrowed */

// --- Objects -------------------------------------------------------------------------------------

// Zeroes everything but the header, of which the last store may reach half: it is written later. A
// payload is a few words, so a call would cost more than the stores.
static inline void
tni_zero(tn_object *o, size_t size)
{
    enum { STEP = 16 };
    char *at = (char *)(o + 1), *last = (char *)o + size - STEP;
    for (; at < last; at += STEP) {
        memset(at, 0, STEP);
        __asm__("" : "+r"(at)); // or the compiler makes it a call again
    }
    memset(last, 0, STEP);
}

// A slot of [page], which has one at hand; everything but the header is zeroed, and that is still
// to be written.
static inline tn_object * /* new */
tni_object_take(struct tni_memory *m, struct tni_account *account, struct tni_page *page,
                const tn_site *site, struct tni_place *at)
{
    at->page = page;
    at->row = (struct tni_row *)(void *)page->word; // alloc is its first plane
    tn_object *o = tni_pages_take(page, &at->bit);
    tni_zero(o, page->size);
    if (TN_CHECKS > 0)
        tni_page_sites(page)[tni_slot_of(page, o)] = site;
    account->objects++;
    tni_charge(m, account, page->size);
    return o;
}

// The object stands at [at] and is not tracked any more.
static inline void
tni_object_free(struct tni_memory *m, struct tni_account *account, tn_object *o,
                struct tni_place at)
{
    TN_DEBUG(account->objects > 0 && !(at.row->tracked & at.bit));
    at.row->finalized &= ~at.bit;
    account->objects--;
    tni_discharge(m, account, at.page->size);
    if (__builtin_expect(at.page->noted, 0))
        tni_forget_slot(m, at.page, o);
    TNI_POISON(o, at.page->size);
    if (TNI_HAS_QUARANTINE)
        tni_pages_free(&m->pages, o);
    else
        tni_pages_give(&m->pages, at.page, o, &at.row->alloc, at.shift);
}

#endif
