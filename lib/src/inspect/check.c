// SPDX-License-Identifier: MIT
#include "inspect/check.h"

#include "gc/marks.h"
#include "inspect/usage.h"
#include "inspect/walk.h"
#include "object/traverse.h"
#include "object/weak.h"

#include <string.h>

// A collection in slices may need its marks again.
struct saved_marks {
    uint32_t *marks;
    size_t next;
    uint32_t epoch;
};

// What is counted while walking, to be compared with what the heap believes.
struct audit {
    struct tni_gc *gc;
    bool fine;
    tn_gc_population population;
    size_t objects, suspects[2];
    struct saved_marks saved;
    size_t dead; // bytes
};

static void
complain(struct audit *a, const tn_object *o, const char *what)
{
    if (a->fine && o != NULL)
        tni_report(&a->gc->objects.memory, "heap check: a %s at %p: %s",
                   a->gc->objects.types[o->type]->name, (const void *)o, what);
    else if (a->fine)
        tni_report(&a->gc->objects.memory, "heap check: %s", what);
    a->fine = false;
}

static void
each_object(struct audit *a, void (*fn)(struct audit *a, tn_object *o))
{
    const struct tni_pages *pages = &a->gc->objects.memory.pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next(pages, p)) != NULL;)
        for (unsigned i = 0; tni_page_kind(p) != TNI_BUFFERS && i < p->slots; i++)
            if (tni_is_taken(p, i))
                fn(a, tni_slot_at(p, i));
}

// --- References: count what objects hold, compare with the counts ----------------------------

static void
zero_mark(struct audit *a, tn_object *o)
{
    if (o->flags & TNI_DEAD) // its header holds a link instead
        return;
    tni_stamp(a->gc, o, 0);
}

static void
count_reference(tn_object *child, void *arg)
{
    struct audit *a = arg;
    if (!tni_is_stamped(a->gc, child))
        complain(a, NULL, "an object refers to something that is not a live object");
    else
        tni_count_reference(child);
}

static void
count_references(struct audit *a, tn_object *o)
{
    tni_traverse(a->gc->objects.types[o->type], o, count_reference, a);
}

static void
check_count(struct audit *a, tn_object *o)
{
    if (o->flags & TNI_DEAD)
        return;
    if (o->refs == 0)
        complain(a, o, "its count is zero and it was not freed");
    if (tni_inside_count(o) > o->refs)
        complain(a, o, "more references to it are held than its count says");
}

// --- Each object by itself -------------------------------------------------------------------

static void
check_planes(struct audit *a, const tn_object *o, const tn_type *type)
{
    struct tni_place at = tni_place_of(o);
    bool tracked = at.row->tracked & at.bit;
    bool dying = a->gc->objects.pauses > 0 || a->gc->run.committed;
    if (tracked && !(type->tracked && tni_is_trackable(o)))
        complain(a, o, "it is tracked and its type is acyclic");
    if (!tracked && tni_is_trackable(o) && !dying)
        complain(a, o, "it is not tracked and its type is");
    if (tracked == (bool)(o->flags & TNI_UNTRACKED))
        complain(a, o, "its header says of its tracking what its plane does not");
    for (unsigned p = 0; p < 2; p++) {
        bool logged = at.row->suspect[p] & at.bit;
        a->suspects[p] += logged;
        if (o->flags & (uint32_t)TNI_LOGGED << p && !logged)
            complain(a, o, "its header says that it is logged and its plane does not");
    }
    if (!tracked)
        return;
    if (at.row->frozen & at.bit) {
        a->population.frozen++;
        a->population.frozen_bytes += at.page->size;
    } else {
        a->population.generation[tni_generation_at(at)]++;
    }
    if ((at.row->gen0 | at.row->gen1) & at.bit && !at.page->young)
        complain(a, o, "it is young and its page does not say so");
}

static void
check_object(struct audit *a, tn_object *o)
{
    struct tni_objects *s = &a->gc->objects;
    if (o->type == TNI_TYPE_NONE || o->type >= s->type_count) {
        complain(a, NULL, "a slot is taken by something that is not an object");
        return;
    }
    const tn_type *type = s->types[o->type];
    a->objects++;
    if (o->flags & TNI_DEAD) { // put off, or it waits while a finalizer asks for this check
        a->dead += tni_page_of(o)->size;
        return;
    }
    check_planes(a, o, type);
    if (type->weak_at != 0 && !tni_weak_check(s, o))
        complain(a, o, "a link of its weak references has another target");
    if (type->check != NULL && !type->check(o))
        complain(a, o, "its type's own invariant does not hold");
}

// --- Totals ----------------------------------------------------------------------------------

static void
check_accounts(struct audit *a)
{
    const struct tni_objects *s = &a->gc->objects;
    size_t objects = 0, bytes = 0;
    for (uint32_t i = 1; i < s->type_count; i++) {
        objects += s->types[i]->account.objects;
        bytes += s->types[i]->account.bytes;
    }
    if (objects != a->objects)
        complain(a, NULL, "the accounts of the types do not add up to the live objects");
    if (bytes != tni_in_use(&s->memory))
        complain(a, NULL, "the accounts of the types do not add up to the bytes in use");
}

static void
check_bytes(struct audit *a)
{
    const struct tni_memory *m = &a->gc->objects.memory;
    size_t slots = 0;
    for (struct tni_page *p = NULL; (p = tni_pages_next(&m->pages, p)) != NULL;)
        slots += (size_t)p->used * p->size;
    if (slots - m->pages.quarantined + m->large != tni_in_use(m))
        complain(a, NULL, "the slots in use do not add up to the bytes in use");
}

static void
save_mark(struct audit *a, tn_object *o)
{
    a->saved.marks[a->saved.next++] = o->mark;
}

static void
restore_mark(struct audit *a, tn_object *o)
{
    uint32_t mark = a->saved.marks[a->saved.next++];
    if (!(o->flags & TNI_DEAD))
        o->mark = mark;
}

static bool
save_marks(struct audit *a)
{
    a->saved.epoch = a->gc->epoch;
    a->saved.marks = malloc((a->objects + 1) * sizeof *a->saved.marks);
    if (a->saved.marks != NULL)
        each_object(a, save_mark);
    return a->saved.marks != NULL;
}

static void
restore_marks(struct audit *a)
{
    a->saved.next = 0;
    each_object(a, restore_mark);
    a->gc->epoch = a->saved.epoch;
    free(a->saved.marks);
}

static void
check_references(struct audit *a)
{
    if (!save_marks(a)) {
        complain(a, NULL, "there is no memory to check it");
        return;
    }
    tni_gc_next_epoch(a->gc);
    each_object(a, zero_mark);
    each_object(a, count_references);
    each_object(a, check_count);
    restore_marks(a);
}

bool
tn_heap_check(tn_heap *heap)
{
    struct audit a = {.gc = (struct tni_gc *)heap, .fine = true};
    TN_ASSERT(!a.gc->objects.reap.running || a.gc->objects.pauses > 0);
    if (!tni_pages_check(&a.gc->objects.memory.pages))
        complain(&a, NULL, "a page's planes, slots or list are not as they should be");
    each_object(&a, check_object);
    if (!a.fine)
        return false;
    check_references(&a);
    if (memcmp(&a.population, &a.gc->objects.population, sizeof a.population) != 0)
        complain(&a, NULL, "the population is not what the planes say");
    if (memcmp(a.suspects, a.gc->objects.suspects, sizeof a.suspects) != 0)
        complain(&a, NULL, "the number of suspects is not what the planes say");
    if (a.gc->objects.pauses == 0 && a.dead != a.gc->objects.backlog.bytes)
        complain(&a, NULL, "the dead objects do not add up to the bytes of the backlog");
    check_accounts(&a);
    check_bytes(&a);
    return a.fine;
}
