// SPDX-License-Identifier: MIT
#include "object/reap.h"

#include "object/misuse.h"
#include "object/object.h"
#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"

// --- The queue -------------------------------------------------------------------------------

// Count and mark of a dead object are not needed any more: their eight bytes hold the queue's link.
static tn_object **
next_of(tn_object *o)
{
    return (tn_object **)(void *)o;
}

static void
push(struct tni_reap *queue, tn_object *o)
{
    o->flags |= TNI_DEAD;
    *next_of(o) = *queue->insert;
    *queue->insert = o;
    queue->insert = next_of(o);
}

static tn_object *
pop(struct tni_reap *queue)
{
    tn_object *o = queue->first;
    if (o != NULL)
        queue->first = *next_of(o);
    queue->insert = &queue->first;
    return o;
}

// --- The backlog -----------------------------------------------------------------------------

// Above this many bytes the backlog is worked on whatever the budget says.
enum { MOST_BACKLOG = 8 << 20 };

// Finalizers and callbacks run on time.
static bool
may_wait(struct tni_objects *s, const tn_object *o)
{
    const tn_type *type = s->types[o->type];
    return type->finalize == NULL && (type->weak_at == 0 || !tni_weak_is_awaited(s, o));
}

// Step 4 is not put off, so that a weak map's length is right.
static void
put_off(struct tni_objects *s, tn_object *o)
{
    if (s->types[o->type]->weak_at != 0)
        tni_weak_clear(s, o);
    o->flags |= TNI_DEAD;
    *next_of(o) = s->backlog.first;
    s->backlog.first = o;
    s->backlog.bytes += tni_page_of(o)->size;
}

static tn_object *
take_back(struct tni_backlog *backlog)
{
    tn_object *o = backlog->first;
    backlog->first = *next_of(o);
    backlog->bytes -= tni_page_of(o)->size;
    return o;
}

static inline void
spend(struct tni_backlog *backlog)
{
    backlog->allowance -= backlog->allowance > 0;
}

// A list, tuple or dict that holds more than the drop may still destroy.
static inline bool
is_too_wide(const struct tni_objects *s, const tn_type *type, const tn_object *o)
{
    return type->spilled && tni_span_of(type, o).count > s->backlog.allowance;
}

// Drops as many of its values as there are shares left, its own among them, from the end: the span
// itself says where to go on.
static void
drop_part(struct tni_objects *s, tn_object *o)
{
    struct tni_span *span = tn_payload(o);
    for (size_t part = ++s->backlog.allowance; part > 0; part--)
        tn_decref_value(span->values[--span->count]);
    s->backlog.allowance = 0;
    put_off(s, o);
}

// --- The user's code -------------------------------------------------------------------------

// Finalizers and callbacks inside each other that have queues of their own. Deeper ones share the
// queues that they find, which are emptied after they returned: finalizers that drop each other
// must not exhaust the C stack.
enum { MOST_NESTED = 50 };

// What waits while it runs.
struct pause {
    struct tni_reap reap;
    struct tni_called called;
    size_t allowance;
    bool shares;
};

static struct pause
begin_pause(struct tni_objects *s)
{
    struct pause pause = {s->reap, s->called, s->backlog.allowance, s->pauses++ >= MOST_NESTED};
    if (!pause.shares) {
        s->reap = (struct tni_reap){0};
        s->called = (struct tni_called){0};
    }
    return pause;
}

// A collection in the meantime had no budget; the drop that goes on has.
static void
end_pause(struct tni_objects *s, struct pause pause)
{
    s->pauses--;
    if (s->backlog.allowance > pause.allowance)
        s->backlog.allowance = pause.allowance;
    if (pause.shares)
        return;
    TN_ASSERT(s->reap.first == NULL && s->called.first == NULL);
    s->reap = pause.reap;
    s->called = pause.called;
}

bool
tni_finalize(struct tni_objects *s, tn_object *o)
{
    const tn_type *type = s->types[o->type];
    struct tni_place at = tni_place_of(o);
    if (type->finalize == NULL || at.row->finalized & at.bit)
        return false;
    at.row->finalized |= at.bit;
    struct pause pause = begin_pause(s);
    type->finalize(o);
    end_pause(s, pause);
    return true;
}

// Giving the reference back belongs to the pause: otherwise it would run the next callback from
// inside, and so on.
bool
tni_call_next(struct tni_objects *s, struct tni_called *called)
{
    tn_object *weak = tni_weak_take_called(called);
    if (weak == NULL)
        return false;
    struct pause pause = begin_pause(s);
    bool freed = tni_weak_call(weak) && weak->refs == 1;
    tn_decref(weak);
    end_pause(s, pause);
    called->freed += freed;
    return true;
}

static void
run_callbacks(struct tni_objects *s)
{
    if (s->pauses > MOST_NESTED)
        return; // whoever shares the queue does it
    while (tni_call_next(s, &s->called))
        continue;
}

// --- One object ------------------------------------------------------------------------------

// Steps 2 and 3, on a count that the object gets back for the time. True: it lives on.
static bool
is_resurrected(struct tni_objects *s, tn_object *o)
{
    o->refs = 1;
    o->mark = 0;
    o->flags &= ~(uint32_t)TNI_DEAD;
    bool ran = tni_finalize(s, o);
    o->flags |= TNI_DEAD;
    if (!ran || --o->refs == 0)
        return false;
    o->flags &= ~(uint32_t)TNI_DEAD;
    if (s->types[o->type]->tracked) {
        tni_track_in(s, o, 0);
        tni_log_by(o, TNI_RULE_RESURRECT);
    }
    return true;
}

// Steps 1 to 5; false: it is not gone.
static __attribute__((noinline)) bool
take_leave(struct tni_objects *s, tn_type *type, tn_object *o)
{
    if (is_too_wide(s, type, o)) {
        drop_part(s, o);
        return false;
    }
    if (type->weak_at != 0)
        tni_weak_queue_callbacks(s, o); // step 1
    if (type->finalize != NULL && is_resurrected(s, o))
        return false; // steps 2 and 3
    if (type->weak_at != 0)
        tni_weak_clear(s, o); // step 4
    if (TN_CHECKS > 0)
        tni_drop_children_checked(type, o);
    else
        tni_drop_children(type, o); // step 5
    return true;
}

// Step 5 of what cannot be reached any more, so that its slots may stay as they are.
static inline void
drop_slots(const tn_type *type, const tn_object *o)
{
    const tn_value *slot = tn_payload(o), *end = slot + type->slot_count;
    for (; slot < end; slot++)
        if (tn_is_object(*slot))
            tn_decref(tn_as_object(*slot));
}

static inline __attribute__((always_inline)) void
destroy(struct tni_objects *s, tn_type *type, tn_object *o, struct tni_place at)
{
    if (__builtin_expect(type->plain, 1)) {
        if (type->weak_at != 0 && *tni_weak_word(type, o) != 0)
            tni_weak_forget(s, o);
        drop_slots(type, o);
    } else if (!take_leave(s, type, o)) {
        return;
    }
    tni_object_free(&s->memory, &type->account, o, at); // step 6
}

// Nobody can tell whether it was at once or in its turn.
static inline void
destroy_leaf(struct tni_objects *s, tn_type *type, tn_object *o, struct tni_place at)
{
    if (type->clear != NULL)
        type->clear(o);
    tni_object_free(&s->memory, &type->account, o, at);
}

static inline void
destroy_queued(struct tni_objects *s, tn_object *o)
{
    destroy(s, s->types[o->type], o, tni_place_of(o));
}

static void
empty_queue(struct tni_objects *s)
{
    for (tn_object *o; (o = pop(&s->reap)) != NULL;)
        destroy_queued(s, o);
}

static inline void
begin(struct tni_objects *s)
{
    TN_ASSERT(!s->reap.running);
    s->reap.insert = &s->reap.first;
    s->reap.running = true;
}

static void
work_off_one(struct tni_objects *s)
{
    spend(&s->backlog);
    destroy_queued(s, take_back(&s->backlog));
    empty_queue(s);
}

void
tni_reap_begin(struct tni_objects *s)
{
    s->backlog.allowance = SIZE_MAX;
    begin(s);
}

static __attribute__((noinline)) void
end_slowly(struct tni_objects *s)
{
    empty_queue(s);
    while (s->backlog.bytes > MOST_BACKLOG)
        work_off_one(s);
    s->reap.running = false;
    run_callbacks(s); // step 7
}

static inline void
end(struct tni_objects *s)
{
    bool idle = s->reap.first == NULL && s->called.first == NULL;
    if (__builtin_expect(!idle || s->backlog.bytes > MOST_BACKLOG, 0))
        end_slowly(s);
    else
        s->reap.running = false;
}

void
tni_reap_end(struct tni_objects *s)
{
    end(s);
}

// --- One drop --------------------------------------------------------------------------------

static __attribute__((noinline)) void
reap(struct tni_objects *s, tn_object *o)
{
    TN_ASSERT(o->type != TNI_TYPE_NONE && o->type < s->type_count && !(o->flags & TNI_DEAD));
    tn_type *type = s->types[o->type];
    struct tni_place at = tni_place_of(o);
    if (type->tracked)
        tni_untrack(s, o, at); // step 1
    if (!s->reap.running && s->pauses == 0)
        s->backlog.allowance = s->backlog.budget;
    if (__builtin_expect(s->backlog.allowance == 0, 0) && may_wait(s, o)) {
        put_off(s, o);
        return;
    }
    spend(&s->backlog);
    if (type->leaf) {
        destroy_leaf(s, type, o, at);
        return;
    }
    if (s->reap.running) {
        push(&s->reap, o);
        return;
    }
    begin(s);
    o->flags |= TNI_DEAD; // the first one need not wait
    destroy(s, type, o, at);
    end(s);
}

static inline bool
refers_to_objects(const tn_type *type, const tn_object *o)
{
    const tn_value *slot = tn_payload(o), *end = slot + type->slot_count;
    for (; slot < end; slot++)
        if (tn_is_object(*slot))
            return true;
    return false;
}

// Its end is no more than the return of its memory: nothing runs, and it refers to nothing. So
// nobody can tell whether it ended at once or in its turn. What the collector has met takes leave
// of it.
static inline __attribute__((always_inline)) void
end_unnoticed(struct tni_objects *s, tn_type *type, tn_object *o, struct tni_place at)
{
    if (tni_is_fresh(at))
        tni_untrack_fresh(s, at);
    else if (at.row->tracked & at.bit)
        return reap(s, o);
    tni_object_free(&s->memory, &type->account, o, at);
}

// The same of one that a weak map has to forget, or a page's array.
static __attribute__((noinline)) void
end_known(struct tni_objects *s, tn_type *type, tn_object *o)
{
    bool is_weak = type->weak_at != 0 && *tni_weak_word(type, o) != 0;
    if (is_weak && !tni_weak_forget_entry(s, o))
        return reap(s, o);
    end_unnoticed(s, type, o, tni_place_of(o));
}

// Most objects end here, so this path makes no call and saves no register.
void
tni_reap(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    tni_assert_owner(&s->memory);
    TN_DEBUG(o->type != TNI_TYPE_NONE && o->type < s->type_count);
    tn_type *type = s->types[o->type];
    if (s->backlog.budget != SIZE_MAX || !type->plain || refers_to_objects(type, o))
        return reap(s, o);
    struct tni_place at = tni_place_of(o);
    if (at.page->noted || (type->weak_at != 0 && *tni_weak_word(type, o) != 0))
        return end_known(s, type, o);
    end_unnoticed(s, type, o, at);
}

static void
drain(struct tni_objects *s, size_t objects)
{
    if (s->reap.running)
        return;
    s->backlog.allowance = objects;
    begin(s);
    while (s->backlog.allowance > 0 && s->backlog.first != NULL)
        work_off_one(s);
    tni_reap_end(s);
}

void
tni_reap_backlog(struct tni_objects *s)
{
    drain(s, SIZE_MAX);
}

void
tni_reap_some(struct tni_objects *s, size_t objects)
{
    size_t allowance = s->backlog.allowance;
    drain(s, objects);
    s->backlog.allowance = allowance;
}

void
tn_set_drop_budget(tn_heap *heap, size_t objects)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tni_assert_owner(&s->memory);
    s->backlog.budget = objects != 0 ? objects : SIZE_MAX;
    if (objects == 0)
        tni_reap_backlog(s);
}
