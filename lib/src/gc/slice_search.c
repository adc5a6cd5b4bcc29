// SPDX-License-Identifier: MIT
//
// The first half of a sliced collection: from suspects to what is certainly garbage.
#include "gc/marks.h"
#include "gc/step.h"
#include "object/object.h"
#include "object/reap.h"
#include "object/traverse.h"

// Objects of the backlog that are destroyed at a time.
enum { PIECE = 4 };

static const tn_type *
type_of(const struct tni_gc *gc, const tn_object *o)
{
    return gc->objects.types[o->type];
}

// An entry of a list that is still the object that it was when it was noted. Its page is still
// there.
static bool
is_valid(const struct tni_gc *gc, const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return at.row->alloc & at.row->tracked & at.bit && tni_is_stamped(gc, o);
}

// Follows some of the references of [o]; true when they all were.
static bool
follow(struct tni_gc *gc, tn_object *o, tn_visit *visit)
{
    struct tni_run *run = &gc->run;
    struct tni_span span = tni_span_of(type_of(gc, o), o);
    for (unsigned n = 0; n < TNI_CHUNK && run->span < span.count; n++) {
        tn_value v = span.values[run->span++];
        if (tn_is_object(v))
            visit(tn_as_object(v), gc);
    }
    if (run->span < span.count)
        return false;
    tni_traverse_native(type_of(gc, o), o, visit, gc);
    run->span = 0;
    return true;
}

// A run that cannot note what it has to is abandoned by the driver.
static void
push(struct tni_gc *gc, struct tni_stack *stack, tn_object *o)
{
    gc->objects.disturbed.failed |= !tni_stack_push(gc, stack, o);
}

// The suspect [o] could not become a root: it stays a suspect.
static void
fail(struct tni_gc *gc, tn_object *o)
{
    gc->objects.disturbed.failed = true;
    tni_log_by(o, TNI_RULE_ABORT);
}

// --- Before the question is put --------------------------------------------------------------

bool
tni_slice_drain(struct tni_gc *gc)
{
    tni_reap_some(&gc->objects, PIECE);
    return gc->objects.backlog.first != NULL;
}

// --- Page by page ----------------------------------------------------------------------------

static struct tni_page *
next_page(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    run->page = tni_pages_next(&gc->objects.memory.pages, run->page);
    return run->page;
}

bool
tni_slice_forget(struct tni_gc *gc)
{
    struct tni_page *page = gc->epoch > TNI_LAST_EPOCH - 3 ? next_page(gc) : NULL;
    if (page != NULL) {
        tni_gc_clear_marks(page);
        return true;
    }
    gc->epoch = gc->epoch > TNI_LAST_EPOCH - 3 ? 1 : gc->epoch + 1;
    return false;
}

bool
tni_slice_promote(struct tni_gc *gc)
{
    struct tni_page *page = next_page(gc);
    if (page != NULL && page->young && tni_page_kind(page) == TNI_OBJECTS)
        tni_gc_promote_page(gc, page);
    return page != NULL;
}

// The plane is left empty: at the next run it says who was logged meanwhile. What is frozen needs
// no entry, because thawing it logs it.
static void
take_row(struct tni_gc *gc, struct tni_page *page, unsigned i)
{
    struct tni_row *row = tni_page_row(page, i);
    uint64_t candidates = tni_row_candidates(row, 2);
    for (uint64_t left = row->suspect[gc->run.plane]; left != 0; left &= left - 1) {
        tn_object *o = tni_slot_at(page, i * TNI_ROW_SLOTS + (unsigned)__builtin_ctzll(left));
        tni_unlog(&gc->objects, o, tni_place_in(page, row, left), gc->run.plane);
        if (!(candidates & left & -left))
            continue;
        tni_stamp(gc, o, 0);
        if (tni_stack_push(gc, &gc->visited, o))
            gc->run.roots++;
        else
            fail(gc, o);
    }
}

bool
tni_slice_take(struct tni_gc *gc)
{
    struct tni_page *page = next_page(gc);
    if (page == NULL)
        return false;
    struct tni_segment *segment = tni_segment_of(page);
    uint64_t bit = UINT64_C(1) << tni_page_number(page);
    if (!(segment->suspect_pages[gc->run.plane] & bit) || tni_page_kind(page) != TNI_OBJECTS)
        return true;
    for (unsigned i = 0; i < tni_page_word_count(page); i++)
        take_row(gc, page, i);
    return true;
}

// --- The guess -------------------------------------------------------------------------------

static void
count_reached(tn_object *child, void *arg)
{
    struct tni_gc *gc = arg;
    gc->run.result.visited++;
    if (!tni_is_trackable(child))
        return;
    if (tni_is_stamped(gc, child)) {
        tni_count_reference(child);
    } else if (tni_is_candidate(child, 2)) {
        tni_stamp(gc, child, 1);
        push(gc, &gc->visited, child);
    }
}

bool
tni_slice_reach(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    if (run->at == gc->visited.len)
        return false;
    tn_object *o = gc->visited.items[run->at];
    if (!is_valid(gc, o))
        run->span = 0;
    else if (!follow(gc, o, count_reached))
        return true;
    run->at++;
    return true;
}

static void
make_live(tn_object *o, void *arg)
{
    struct tni_gc *gc = arg;
    if (!tni_is_trackable(o) || !tni_is_stamped(gc, o) || tni_is_live(o))
        return;
    tni_make_live(o);
    push(gc, &gc->stack, o);
}

// One object from the stack; false: the stack is empty.
static bool
spread(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    if (run->busy == NULL && gc->stack.len == 0)
        return false;
    if (run->busy == NULL)
        run->busy = gc->stack.items[--gc->stack.len];
    if (!is_valid(gc, run->busy))
        run->span = 0;
    else if (!follow(gc, run->busy, make_live))
        return true;
    run->busy = NULL;
    return true;
}

bool
tni_slice_rescue(struct tni_gc *gc)
{
    if (spread(gc))
        return true;
    if (gc->run.at == gc->visited.len)
        return false;
    tn_object *o = gc->visited.items[gc->run.at++];
    if (is_valid(gc, o) && tni_is_held_outside(o, 0))
        make_live(o, gc);
    return true;
}

// --- The proof -------------------------------------------------------------------------------

// The members get the run's second epoch, so an object that stands twice in the list is found once.
bool
tni_slice_sift(struct tni_gc *gc)
{
    if (gc->run.at == gc->visited.len) {
        gc->epoch++;
        return false;
    }
    tn_object *o = gc->visited.items[gc->run.at++];
    if (is_valid(gc, o) && !tni_is_live(o)) {
        o->mark = (gc->epoch + 1) << TNI_EPOCH_SHIFT;
        push(gc, &gc->garbage, o);
    }
    return true;
}

static void
count_inside(tn_object *child, void *arg)
{
    struct tni_gc *gc = arg;
    gc->run.result.visited++;
    if (tni_is_trackable(child) && tni_is_stamped(gc, child))
        tni_count_reference(child);
}

bool
tni_slice_count(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    if (run->at == gc->garbage.len)
        return false;
    tn_object *o = gc->garbage.items[run->at];
    if (!is_valid(gc, o))
        run->span = 0;
    else if (!follow(gc, o, count_inside))
        return true;
    run->at++;
    return true;
}

// Whoever was logged before the count began is disturbed as well, and is not logged again.
static bool
is_disturbed(const struct tni_gc *gc, const tn_object *o)
{
    return (o->flags & (uint32_t)TNI_LOGGED << gc->objects.plane) != 0;
}

bool
tni_slice_judge(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    struct tni_disturbed *d = &gc->objects.disturbed;
    if (spread(gc))
        return true;
    if (d->failed && !run->spares_all) { // somebody unknown is disturbed: then everybody is
        run->spares_all = true;
        run->at = 0;
    }
    if (d->len > 0) {
        tn_object *o = d->items[--d->len];
        if (is_valid(gc, o))
            make_live(o, gc);
        return true;
    }
    if (run->at == gc->garbage.len)
        return false;
    tn_object *o = gc->garbage.items[run->at++];
    if (!is_valid(gc, o))
        return true;
    if (run->spares_all || is_disturbed(gc, o) || tni_is_held_outside(o, run->rechecking))
        make_live(o, gc);
    return true;
}

// What is live leaves the list. After finalizers that means resurrected: the hold is given back.
bool
tni_slice_cull(struct tni_gc *gc)
{
    struct tni_run *run = &gc->run;
    if (run->at == gc->garbage.len) {
        gc->garbage.len = run->kept;
        gc->objects.disturbed.failed |= !tni_stack_reserve(gc, &gc->stack, run->kept);
        return false; // with room for the second judgement, which may not fail
    }
    tn_object *o = gc->garbage.items[run->at++];
    if (!is_valid(gc, o))
        return true;
    if (!tni_is_live(o)) {
        gc->garbage.items[run->kept++] = o;
    } else if (run->rechecking) {
        tni_log_by(o, TNI_RULE_RESURRECT);
        tn_decref_unchanged(o);
    }
    return true;
}
