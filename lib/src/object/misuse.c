// SPDX-License-Identifier: MIT
#include "object/misuse.h"

#include "object/track.h"
#include "object/traverse.h"

// The header of what was freed stays until its slot is used again.
#ifdef TNI_ASAN
__attribute__((no_sanitize("address"), noinline))
#endif
static struct tn_object
header_of(const tn_object *o)
{
    return (struct tn_object){o->refs, o->mark, o->type, o->flags};
}

static bool
is_freed(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return TNI_IS_POISONED((void *)(uintptr_t)o) || !(at.row->alloc & at.bit);
}

static bool
is_gone(const tn_object *o)
{
    return is_freed(o) || header_of(o).flags & TNI_DEAD;
}

static const char *
type_name_of(struct tni_objects *s, const tn_object *o)
{
    uint32_t type = header_of(o).type;
    return type != TNI_TYPE_NONE && type < s->type_count ? s->types[type]->name : "object";
}

void
tni_misuse(const tn_object *o, const char *what)
{
    struct tni_objects *s = tni_objects_of(o);
    const tn_site *site = tni_site_of(o);
    char made[300] = "";
    if (site != NULL)
        snprintf(made, sizeof made, ", made by %s at %s:%d,", site->function, site->file,
                 site->line);
    tni_report(&s->memory, "a %s at %p%s %s", type_name_of(s, o), (const void *)o, made, what);
    TN_UNREACHABLE("the program misused an object");
}

void
tni_check_reference(const tn_object *o)
{
    if (is_gone(o))
        tni_misuse(o, "is destroyed: a reference to it was given back too often");
}

void
tni_check_access(const tn_object *o)
{
    if (is_freed(o))
        tni_misuse(o, "is freed, and its slots are used");
}

void
tni_check_store(const tn_object *holder, tn_value v)
{
    const tn_object *child = tn_as_object(v);
    tni_check_access(holder);
    if (child == NULL)
        return;
    tni_check_reference(child);
    char what[200] = "";
    const tn_type *type = tni_type_of(holder);
    if (tni_memory_of(child) != tni_memory_of(holder))
        snprintf(what, sizeof what, "is stored in a %s at %p of another heap", type->name,
                 (const void *)holder);
    else if (!type->tracked && tni_is_trackable(child))
        snprintf(what, sizeof what, "is stored in a %s at %p, whose type is registered as acyclic",
                 type->name, (const void *)holder);
    if (what[0] != '\0')
        tni_misuse(child, what);
}

// --- What a traverse says ------------------------------------------------------------------------

enum { MOST_WATCHED = 64 };

struct watch {
    const tn_object *holder;
    struct watched {
        const tn_object *child;
        uint32_t reported, before;
    } rows[MOST_WATCHED];
    size_t count;
};

static void
note(tn_object *child, void *arg)
{
    struct watch *w = arg;
    if (child == NULL || tni_memory_of(child) != tni_memory_of(w->holder) || is_gone(child))
        tni_misuse(w->holder, "has a traverse that reports what is no live object of its heap");
    size_t i = 0;
    while (i < w->count && w->rows[i].child != child)
        i++;
    if (i == MOST_WATCHED || child->refs >= TNI_IMMORTAL)
        return;
    if (i == w->count)
        w->rows[w->count++] = (struct watched){child, 0, child->refs};
    w->rows[i].reported++;
}

static uint32_t
lost_by(const struct watched *row)
{
    return is_gone(row->child) ? row->before : row->before - row->child->refs;
}

// A type that has traverse and no clear drops nothing, which is allowed.
static bool
gives_back(const tn_type *type)
{
    while (type != NULL && (type->traverse == NULL || type->clear != NULL))
        type = type->base;
    return type == NULL;
}

void
tni_drop_children_checked(const tn_type *type, tn_object *o)
{
    struct watch w = {.holder = o};
    tni_traverse_native(type, o, note, &w);
    tni_drop_children(type, o);
    for (size_t i = 0; i < w.count && gives_back(type); i++)
        if (lost_by(&w.rows[i]) < w.rows[i].reported)
            tni_misuse(o, "has a traverse that reports more references than its clear gives back");
}
