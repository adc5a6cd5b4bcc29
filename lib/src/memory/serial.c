// SPDX-License-Identifier: MIT
#include "memory/serial.h"

#include <stdatomic.h>

// Of all heaps: two of them never give the same one.
static _Atomic uint64_t next_serial = TNI_FIRST_SERIAL;

static struct tni_serials *
serials_of(struct tni_memory *m, struct tni_page *page)
{
    struct tni_serials *serials = tni_page_serials(page);
    if (serials == NULL && !tni_must_fail(m))
        serials = tni_pages_add_serials(&m->pages, page);
    return serials;
}

uint64_t
tni_serial(struct tni_memory *m, const void *object)
{
    struct tni_page *page = tni_page_of(object);
    struct tni_serials *serials = serials_of(m, page);
    if (serials == NULL)
        return 0;
    uint64_t *place = &serials->of[tni_slot_of(page, object)];
    if (*place == 0) {
        *place = atomic_fetch_add_explicit(&next_serial, 2, memory_order_relaxed);
        serials->last = *place;
        serials->first = serials->first == 0 ? *place : serials->first;
    }
    return *place;
}

bool
tni_serial_was_given(uint64_t serial)
{
    uint64_t next = atomic_load_explicit(&next_serial, memory_order_relaxed);
    return serial % 2 == 1 && serial >= TNI_FIRST_SERIAL && serial < next;
}

uint64_t
tni_serial_peek(const void *object)
{
    const struct tni_page *page = tni_page_of(object);
    const struct tni_serials *serials = tni_page_serials(page);
    return serials != NULL ? serials->of[tni_slot_of(page, object)] : 0;
}

static void *
find_in(const struct tni_page *page, uint64_t serial)
{
    const struct tni_serials *serials = tni_page_serials(page);
    if (serials == NULL || serial < serials->first || serial > serials->last)
        return NULL;
    for (unsigned i = 0; i < page->slots; i++)
        if (serials->of[i] == serial)
            return tni_slot_at(page, i);
    return NULL;
}

void *
tni_serial_find(const struct tni_memory *m, uint64_t serial)
{
    void *found = NULL;
    struct tni_page *p = NULL;
    while (serial != 0 && found == NULL && (p = tni_pages_next(&m->pages, p)) != NULL)
        found = find_in(p, serial);
    return found;
}
