// SPDX-License-Identifier: MIT
#include "inspect/usage.h"

#include "inspect/walk.h"
#include "object/record.h"

size_t
tni_reserved(const struct tni_memory *m)
{
    return m->pages.page_count * TNI_PAGE_SIZE + m->large;
}

static size_t
overhead(const struct tni_memory *m)
{
    size_t headers = m->pages.header_pages * TNI_PAGE_SIZE;
    return headers + m->tables + m->pages.site_bytes + m->pages.trace_bytes + m->pages.serial_bytes;
}

void
tn_memory_get(const tn_heap *heap, tn_memory *memory)
{
    const struct tni_memory *m = (const struct tni_memory *)heap;
    *memory = (tn_memory){tni_in_use(m), tni_peak(m), tni_reserved(m), overhead(m)};
}

void
tn_memory_reset_peak(tn_heap *heap)
{
    struct tni_memory *m = (struct tni_memory *)heap;
    m->highest = tni_in_use(m);
}

size_t
tn_usage_get(const tn_heap *heap, tn_usage *rows, size_t max)
{
    const struct tni_objects *s = (const struct tni_objects *)heap;
    size_t count = 0;
    for (uint32_t i = 1; i < s->type_count; i++) {
        const tn_type *type = s->types[i];
        if (type->account.objects == 0 && type->account.bytes == 0)
            continue;
        if (count < max)
            rows[count] = (tn_usage){type->name, type->account.objects, type->account.bytes};
        count++;
    }
    return count;
}

// --- By domain -----------------------------------------------------------------------------------

// A page's own count has what is in quarantine too.
static size_t
count_taken(const struct tni_page *page)
{
    size_t taken = TNI_HAS_QUARANTINE ? 0 : page->used;
    for (unsigned i = 0; TNI_HAS_QUARANTINE && i < page->slots; i++)
        taken += tni_is_taken(page, i);
    return taken;
}

static size_t
object_bytes(const struct tni_pages *pages)
{
    size_t bytes = 0;
    for (struct tni_page *p = NULL; (p = tni_pages_next(pages, p)) != NULL;)
        if (tni_page_kind(p) != TNI_BUFFERS)
            bytes += count_taken(p) * p->size;
    return bytes;
}

// Types own objects and buffers, domains only buffers.
size_t
tn_domains_get(const tn_heap *heap, tn_usage *rows, size_t max)
{
    const struct tni_objects *s = (const struct tni_objects *)heap;
    tn_usage objects = {"objects", 0, object_bytes(&s->memory.pages)};
    tn_usage buffers = {"buffers", 0, tni_in_use(&s->memory) - objects.bytes};
    size_t count = 2;
    for (uint32_t i = 1; i < s->type_count; i++) {
        const tn_type *type = s->types[i];
        objects.objects += type->account.objects;
        if (!(type->flags & TN_DOMAIN) || type->account.bytes == 0)
            continue;
        buffers.bytes -= type->account.bytes;
        if (count < max)
            rows[count] = (tn_usage){type->name, 0, type->account.bytes};
        count++;
    }
    if (max > 0)
        rows[0] = objects;
    if (max > 1)
        rows[1] = buffers;
    return count;
}

size_t
tn_sizeof(const tn_object *o)
{
    const tn_type *type = tni_type_of(o);
    size_t size = tni_page_of(o)->size;
    for (const tn_type *t = type; t != NULL; t = t->base)
        size += t->size_of != NULL ? t->size_of(o) : 0;
    return type->record_at != 0 ? size + tni_record_size(type, o) : size;
}
