// SPDX-License-Identifier: MIT
#include "object/weak.h"

#include "object/object.h"

#include <string.h>

enum { MAX_TABLES = 1 << 30 };

static uint64_t *
weak_word(const tn_object *o)
{
    return tni_weak_word(tni_type_of(o), o);
}

static struct tni_weak_table *
table_of(struct tni_objects *s, tni_link_name name)
{
    return name & 1 ? s->tables[(uint32_t)name >> 1] : NULL;
}

static struct tni_link *
link_in(const struct tni_weak_table *table, tni_link_name name)
{
    return (struct tni_link *)(void *)(table->links + (name >> 32) * table->stride);
}

static struct tni_link *
link_of(struct tni_objects *s, tni_link_name name)
{
    struct tni_weak_table *table = table_of(s, name);
    return table != NULL ? link_in(table, name) : tn_payload((tn_object *)(uintptr_t)name);
}

void
tni_weak_unlink(struct tni_objects *s, tni_link_name name)
{
    struct tni_link *link = link_of(s, name);
    tni_link_name *at = weak_word(link->target);
    while (*at != name)
        at = &link_of(s, *at)->next;
    *at = link->next;
    *link = (struct tni_link){NULL, 0};
}

// --- Callbacks -------------------------------------------------------------------------------

// The weak reference that [name] is, when it is one with a callback; NULL otherwise.
static tn_object *
called_by(tni_link_name name)
{
    tn_object *weak = name & 1 ? NULL : (tn_object *)(uintptr_t)name;
    return weak != NULL && ((struct tni_weakref *)tn_payload(weak))->callback != NULL ? weak : NULL;
}

// A weak reference that waits to be destroyed itself is not called any more.
static bool
is_called_by(tni_link_name name)
{
    const tn_object *weak = called_by(name);
    return weak != NULL && !(weak->flags & TNI_DEAD);
}

static bool
is_held_for(struct tni_objects *s, tni_link_name name)
{
    const struct tni_weak_table *table = table_of(s, name);
    return table != NULL && table->holds;
}

bool
tni_weak_is_awaited(struct tni_objects *s, const tn_object *o)
{
    tni_link_name name = *weak_word(o);
    while (name != 0 && !is_called_by(name) && !is_held_for(s, name))
        name = link_of(s, name)->next;
    return name != 0;
}

static void
queue_callback(struct tni_called *called, tn_object *weak)
{
    struct tni_weakref *w = tn_payload(tn_incref(weak));
    w->next_called = NULL;
    if (called->first == NULL)
        called->first = weak;
    else
        ((struct tni_weakref *)tn_payload(called->last))->next_called = weak;
    called->last = weak;
}

// The others are left to step 4.
void
tni_weak_queue_callbacks(struct tni_objects *s, tn_object *o)
{
    for (tni_link_name *at = weak_word(o); *at != 0;) {
        struct tni_link *link = link_of(s, *at);
        tn_object *weak = called_by(*at);
        if (!is_called_by(*at)) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        *link = (struct tni_link){NULL, 0};
        queue_callback(&s->called, weak);
    }
}

// One link at a time: what a table drops may take others out of the chain.
static inline void
empty_chain(struct tni_objects *s, tn_object *o, bool calls_back)
{
    for (tni_link_name name; (name = *weak_word(o)) != 0;) {
        struct tni_weak_table *table = table_of(s, name);
        struct tni_link *link =
            table != NULL ? link_in(table, name) : tn_payload((tn_object *)(uintptr_t)name);
        TN_DEBUG(link->target == o);
        *weak_word(o) = link->next;
        *link = (struct tni_link){NULL, 0};
        if (table != NULL)
            table->died(table, (uint32_t)(name >> 32));
        else if (calls_back && is_called_by(name))
            queue_callback(&s->called, called_by(name));
    }
}

void
tni_weak_clear(struct tni_objects *s, tn_object *o)
{
    empty_chain(s, o, false);
}

void
tni_weak_forget(struct tni_objects *s, tn_object *o)
{
    empty_chain(s, o, true);
}

bool
tni_weak_forget_entry(struct tni_objects *s, tn_object *o)
{
    uint64_t *word = weak_word(o);
    tni_link_name name = *word;
    struct tni_weak_table *table = table_of(s, name);
    if (table == NULL || table->holds || link_in(table, name)->next != 0)
        return false;
    *word = 0;
    link_in(table, name)->target = NULL;
    table->died(table, (uint32_t)(name >> 32));
    return true;
}

tn_object *
tni_weak_take_called(struct tni_called *called)
{
    tn_object *weak = called->first;
    if (weak != NULL)
        called->first = ((struct tni_weakref *)tn_payload(weak))->next_called;
    return weak;
}

void
tni_weak_append_called(struct tni_called *to, struct tni_called *from)
{
    if (from->first == NULL)
        return;
    if (to->first == NULL)
        to->first = from->first;
    else
        ((struct tni_weakref *)tn_payload(to->last))->next_called = from->first;
    to->last = from->last;
    *from = (struct tni_called){0};
}

bool
tni_weak_call(tn_object *weak)
{
    struct tni_weakref *w = tn_payload(weak);
    tn_weak_callback *callback = w->callback;
    w->callback = NULL;
    if (weak->refs == 1)
        return false;
    callback(weak, w->arg);
    return true;
}

// --- Tables ----------------------------------------------------------------------------------

// Twice as many numbers.
static tn_err
add_numbers(struct tni_objects *s)
{
    size_t count = s->table_count, more = count + (count == 0);
    if (count + more > MAX_TABLES)
        return TN_ELIMIT;
    void *tables = tni_table_resize(&s->memory, s->tables, count * sizeof *s->tables,
                                    (count + more) * sizeof *s->tables);
    if (tables == NULL)
        return TN_ENOMEM;
    s->tables = tables;
    memset(s->tables + count, 0, more * sizeof *s->tables);
    s->table_count += (uint32_t)more;
    return TN_OK;
}

tn_err
tni_weak_add_table(struct tni_objects *s, struct tni_weak_table *table)
{
    uint32_t number = s->free_table;
    while (number < s->table_count && s->tables[number] != NULL)
        number++;
    tn_err err = number == s->table_count ? add_numbers(s) : TN_OK;
    if (err != TN_OK)
        return err;
    s->free_table = number + 1;
    table->number = number;
    s->tables[number] = table;
    return TN_OK;
}

void
tni_weak_remove_table(struct tni_objects *s, struct tni_weak_table *table)
{
    s->tables[table->number] = NULL;
    if (table->number < s->free_table)
        s->free_table = table->number;
}

int64_t
tni_weak_find(struct tni_objects *s, const struct tni_weak_table *table, const tn_object *o)
{
    tni_link_name name = tni_is_weakly_referable(o) ? *weak_word(o) : 0;
    while (name != 0 && table_of(s, name) != table)
        name = link_of(s, name)->next;
    return name != 0 ? (int64_t)(name >> 32) : TNI_NO_ENTRY;
}

// --- The weak reference, an object whose payload is one link ---------------------------------

static void
weakref_clear(tn_object *weak)
{
    struct tni_link *link = tn_payload(weak);
    if (link->target != NULL)
        tni_weak_unlink(tni_objects_of(weak), (uintptr_t)weak);
}

static bool
weakref_check(const tn_object *weak)
{
    const struct tni_link *link = tn_payload(weak);
    return link->target == NULL || tni_is_weakly_referable(link->target);
}

const struct tni_builtin tni_weakref_type = {
    .spec = {.name = "weakref",
             .native = sizeof(struct tni_weakref),
             .flags = TN_ACYCLIC,
             .clear = weakref_clear},
    .check = weakref_check,
};

static tn_err
make_weakref(tn_object *target, const struct tni_weakref *payload, const tn_site *site,
             tn_object **result)
{
    struct tni_objects *s = tni_objects_of(target);
    tn_object *weak = tni_object_new(s, s->types[TNI_TYPE_WEAKREF], site);
    if (weak == NULL)
        return TN_ENOMEM;
    struct tni_weakref *w = tn_payload(weak);
    *w = *payload;
    tni_weak_link(&w->link, (uintptr_t)weak, target);
    *result = weak;
    return TN_OK;
}

static bool
is_shared(tni_link_name name)
{
    return !(name & 1) && called_by(name) == NULL &&
           !(((tn_object *)(uintptr_t)name)->flags & TNI_DEAD);
}

// The weak reference that all callers share, when there is one.
static tn_object *
find_shared(struct tni_objects *s, const tn_object *target)
{
    tni_link_name name = *weak_word(target);
    while (name != 0 && !is_shared(name))
        name = link_of(s, name)->next;
    return (tn_object *)(uintptr_t)name;
}

tn_err
tn_weak_new_at(tn_object *target, const tn_site *site, tn_object **result)
{
    if (!tni_is_weakly_referable(target))
        return TN_ETYPE;
    tn_object *weak = find_shared(tni_objects_of(target), target);
    if (weak == NULL)
        return make_weakref(target, &(struct tni_weakref){0}, site, result);
    *result = tn_incref(weak);
    return TN_OK;
}

tn_err
tn_weak_new_with_at(tn_object *target, tn_weak_callback *callback, void *arg, const tn_site *site,
                    tn_object **result)
{
    if (!tni_is_weakly_referable(target))
        return TN_ETYPE;
    if (callback == NULL)
        return TN_EINVAL;
    return make_weakref(target, &(struct tni_weakref){.callback = callback, .arg = arg}, site,
                        result);
}

static bool
is_condemned(const struct tni_objects *s, const tn_object *o)
{
    return s->condemned != 0 && o->mark >> TNI_EPOCH_SHIFT == s->condemned &&
           (o->mark & TNI_MARK_LIVE) != TNI_MARK_LIVE;
}

bool
tni_weak_may_give_in_run(struct tni_objects *s, tn_object *o)
{
    if (is_condemned(s, o))
        return false;
    if (s->disturbed.on)
        tni_disturb(s, o);
    return true;
}

tn_object *
tni_weak_give(struct tni_objects *s, const struct tni_link *link)
{
    bool given = link->target != NULL && tni_weak_may_give(s, link->target);
    return given ? tn_incref(link->target) : NULL;
}

tn_object *
tn_weak_get(const tn_object *weak)
{
    return tni_weak_give(tni_objects_of(weak), tni_payload_as(weak, TNI_TYPE_WEAKREF));
}

tn_weak_callback *
tn_weak_callback_of(const tn_object *weak)
{
    return ((struct tni_weakref *)tni_payload_as(weak, TNI_TYPE_WEAKREF))->callback;
}

// --- Who refers weakly to an object --------------------------------------------------------------

static bool
is_listed(tni_link_name name)
{
    const tn_object *weak = name & 1 ? NULL : (tn_object *)(uintptr_t)name;
    return weak != NULL && weak->type == TNI_TYPE_WEAKREF && !(weak->flags & TNI_DEAD);
}

size_t
tn_weak_list(const tn_object *target, tn_object **weak, size_t max)
{
    struct tni_objects *s = tni_objects_of(target);
    size_t count = 0;
    tni_link_name name = tni_is_weakly_referable(target) ? *weak_word(target) : 0;
    for (; name != 0; name = link_of(s, name)->next) {
        if (!is_listed(name))
            continue;
        if (count < max)
            weak[count] = (tn_object *)(uintptr_t)name;
        count++;
    }
    return count;
}

size_t
tn_weak_count(const tn_object *target)
{
    return tn_weak_list(target, NULL, 0);
}

bool
tni_weak_check(struct tni_objects *s, const tn_object *o)
{
    for (tni_link_name name = *weak_word(o); name != 0; name = link_of(s, name)->next)
        if (link_of(s, name)->target != o)
            return false;
    return true;
}
