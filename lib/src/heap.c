// SPDX-License-Identifier: MIT
#include "heap.h"

#include "containers/dict.h"
#include "containers/integer.h"
#include "containers/list.h"
#include "containers/number.h"
#include "containers/set.h"
#include "containers/str.h"
#include "containers/tuple.h"
#include "containers/weakkeymap.h"
#include "containers/weakmap.h"
#include "containers/weakset.h"
#include "gc/automatic.h"
#include "gc/collect.h"
#include "gc/debug.h"
#include "gc/observers.h"
#include "gc/step.h"
#include "object/finalizer.h"
#include "object/members.h"
#include "object/reap.h"
#include "object/weak.h"

#include <sys/random.h>

enum { MOST_LEAKS_NAMED = 20 };

// In the order of the indexes in object/objects.h.
static bool
add_builtin_types(struct tni_objects *s)
{
    static const struct tni_builtin *const builtins[] = {
        &tni_str_type,       &tni_list_type,       &tni_dict_type,    &tni_weakref_type,
        &tni_weakmap_type,   &tni_int_type,        &tni_float_type,   &tni_tuple_type,
        &tni_finalizer_type, &tni_weakkeymap_type, &tni_weakset_type, &tni_set_type,
        &tni_frozenset_type,
    };
    for (uint32_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        tn_type *type;
        if (tni_type_add(s, builtins[i], &type) != TN_OK)
            return false;
        TN_ASSERT(type->index == i + 1);
    }
    return true;
}

// A fixed seed is for tests. Without the system's randomness the address of the heap has to do.
static void
choose_hash_key(struct tni_objects *s, uint64_t seed)
{
    s->hash_key[0] = seed != 0 ? seed : (uintptr_t)s;
    s->hash_key[1] = ~s->hash_key[0];
    if (seed == 0)
        (void)!getrandom(s->hash_key, sizeof s->hash_key, GRND_NONBLOCK);
}

tn_heap *
tn_heap_new(const tn_heap_options *options)
{
    static const tn_heap_options defaults;
    const tn_heap_options *o = options != NULL ? options : &defaults;
    tn_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL)
        return NULL;
    struct tni_objects *s = &heap->gc.objects;
    tni_memory_init(&s->memory);
    if (o->report != NULL) {
        s->memory.report = o->report;
        s->memory.report_arg = o->report_arg;
    }
    choose_hash_key(s, o->hash_seed);
    s->fire = tni_gc_fire;
    s->backlog.budget = SIZE_MAX;
    tni_pages_set_quiet(&s->memory.pages, TNI_UNTRACKED | TNI_LOGGED);
    tni_gc_automatic_init(&heap->gc);
    if (add_builtin_types(s))
        return heap;
    tn_heap_free(heap);
    return NULL;
}

// --- The end ---------------------------------------------------------------------------------

static void
report_leak(struct tni_objects *s, const tn_object *o)
{
    const tn_site *site = tni_site_of(o);
    const char *name = s->types[o->type]->name;
    if (site != NULL)
        tni_report(&s->memory, "a %s at %p is still alive; it was made in %s at %s:%d", name,
                   (const void *)o, site->function, site->file, site->line);
    else
        tni_report(&s->memory, "a %s at %p is still alive", name, (const void *)o);
}

static size_t
report_leaks_of_page(struct tni_objects *s, const struct tni_page *page, size_t before)
{
    size_t leaks = 0;
    for (unsigned i = 0; i < page->slots; i++) {
        uint64_t word = page->words[i / TNI_ROW_SLOTS * page->stride];
        if (word >> i % TNI_ROW_SLOTS & 1 && before + leaks++ < MOST_LEAKS_NAMED)
            report_leak(s, tni_slot_at(page, i));
    }
    return leaks;
}

static size_t
report_leaks(struct tni_objects *s)
{
    size_t leaks = 0;
    tni_pages_flush_quarantine(&s->memory.pages);
    for (struct tni_page *p = NULL; (p = tni_pages_next(&s->memory.pages, p)) != NULL;)
        if (tni_page_kind(p) != TNI_BUFFERS)
            leaks += report_leaks_of_page(s, p, leaks);
    if (leaks > MOST_LEAKS_NAMED)
        tni_report(&s->memory, "%zu more objects are still alive", leaks - MOST_LEAKS_NAMED);
    return leaks;
}

// What somebody still waits for. Finalizers may begin anything anew.
static void
end_all(struct tni_gc *gc)
{
    tni_gc_abandon(gc);
    tni_reap_backlog(&gc->objects);
    tni_finalizers_end(&gc->objects);
    tni_gc_garbage_end(gc);
    tni_members_release(&gc->objects);
    tni_gc_abandon(gc);
    tni_reap_backlog(&gc->objects);
}

size_t
tn_heap_free(tn_heap *heap)
{
    struct tni_objects *s = &heap->gc.objects;
    TN_ASSERT(s->memory.magic == TNI_MEMORY_MAGIC && !heap->gc.collecting && !s->reap.running);
    end_all(&heap->gc);
    size_t leaks = report_leaks(s);
    tni_gc_observers_fini(&heap->gc);
    tni_gc_fini(&heap->gc);
    tni_table_resize(&s->memory, s->tables, s->table_count * sizeof *s->tables, 0);
    tni_types_fini(s);
    tni_memory_fini(&s->memory);
    free(heap);
    return leaks;
}

void
tn_heap_adopt(tn_heap *heap)
{
    heap->gc.objects.memory.owner = tni_this_thread();
}

tn_heap *
tn_heap_of(const tn_object *o)
{
    return TNI_CAST_UP(tn_heap, tni_memory_of(o));
}
