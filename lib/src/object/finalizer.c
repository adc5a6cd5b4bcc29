// SPDX-License-Identifier: MIT
#include "object/finalizer.h"

#include "object/object.h"
#include "object/weak.h"

struct finalizer {
    struct tni_weakref weak; // first: it is called as a weak reference
    tn_finalizer_fn *fn;     // NULL: not alive
    void *arg;
    tn_object *newer, *older; // in the heap's list
    bool at_end;
};

static struct finalizer *
finalizer_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_FINALIZER);
}

// --- The heap's list -----------------------------------------------------------------------------

static void
enlist(struct tni_objects *s, tn_object *o)
{
    struct finalizer *f = finalizer_of(tn_incref(o));
    f->older = s->finalizers;
    if (f->older != NULL)
        finalizer_of(f->older)->newer = o;
    s->finalizers = o;
}

static void
delist(struct tni_objects *s, tn_object *o)
{
    struct finalizer *f = finalizer_of(o);
    if (f->newer != NULL)
        finalizer_of(f->newer)->older = f->older;
    else
        s->finalizers = f->older;
    if (f->older != NULL)
        finalizer_of(f->older)->newer = f->newer;
    f->newer = f->older = NULL;
    tn_decref_unchanged(o);
}

// --- Its one time --------------------------------------------------------------------------------

// It is not alive any more. Gives what it would have called; the caller holds [o].
static tn_finalizer_fn *
retire(tn_object *o)
{
    struct finalizer *f = finalizer_of(o);
    tn_finalizer_fn *fn = f->fn;
    f->fn = NULL;
    if (f->weak.link.target != NULL)
        tni_weak_unlink(tni_objects_of(o), (uintptr_t)o);
    if (fn != NULL)
        delist(tni_objects_of(o), o);
    return fn;
}

static bool
call(tn_object *o)
{
    void *arg = finalizer_of(o)->arg;
    tn_finalizer_fn *fn = retire(tn_incref(o));
    if (fn != NULL)
        fn(arg);
    tn_decref_unchanged(o);
    return fn != NULL;
}

// As a weak reference's callback.
static void
target_died(tn_object *o, void *arg)
{
    (void)call(o);
}

void
tni_finalizers_end(struct tni_objects *s)
{
    while (s->finalizers != NULL)
        if (finalizer_of(s->finalizers)->at_end)
            (void)tn_finalizer_call(s->finalizers);
        else
            (void)tn_finalizer_detach(s->finalizers);
}

// --- Public --------------------------------------------------------------------------------------

tn_err
tn_finalizer_new_at(tn_object *target, tn_finalizer_fn *fn, void *arg, const tn_site *site,
                    tn_object **result)
{
    struct tni_objects *s = tni_objects_of(target);
    if (!tni_is_weakly_referable(target))
        return TN_ETYPE;
    if (fn == NULL)
        return TN_EINVAL;
    tn_object *o = tni_object_new(s, s->types[TNI_TYPE_FINALIZER], site);
    if (o == NULL)
        return TN_ENOMEM;
    struct finalizer *f = finalizer_of(o);
    *f = (struct finalizer){{.callback = target_died}, fn, arg, NULL, NULL, true};
    tni_weak_link(&f->weak.link, (uintptr_t)o, target);
    enlist(s, o);
    if (result != NULL)
        *result = o;
    else
        tn_decref_unchanged(o);
    return TN_OK;
}

bool
tn_finalizer_is_alive(const tn_object *o)
{
    return finalizer_of(o)->fn != NULL;
}

tn_object *
tn_finalizer_peek(const tn_object *o)
{
    const struct finalizer *f = finalizer_of(o);
    return f->fn != NULL ? tni_weak_give(tni_objects_of(o), &f->weak.link) : NULL;
}

bool
tn_finalizer_call(tn_object *o)
{
    return call(o);
}

bool
tn_finalizer_detach(tn_object *o)
{
    bool alive = retire(tn_incref(o)) != NULL;
    tn_decref_unchanged(o);
    return alive;
}

void
tn_finalizer_set_at_end(tn_object *o, bool at_end)
{
    finalizer_of(o)->at_end = at_end;
}

// --- The type ------------------------------------------------------------------------------------

static bool
finalizer_check(const tn_object *o)
{
    const struct finalizer *f = finalizer_of(o);
    bool targeted = f->weak.link.target != NULL;
    return f->fn != NULL || !(targeted || f->newer != NULL || f->older != NULL);
}

// One that is alive is held by the heap, so there is nothing left to clear.
const struct tni_builtin tni_finalizer_type = {
    .spec = {.name = "finalizer", .native = sizeof(struct finalizer), .flags = TN_ACYCLIC},
    .check = finalizer_check,
};
