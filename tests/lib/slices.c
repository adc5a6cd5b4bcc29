// SPDX-License-Identifier: MIT
//
// A full collection in slices: what a run promises, who has to wait for it and what ends it.
//
// Where a test says "at every boundary", it is repeated with the event after the first slice, after
// the second, and so on until a run completes before its turn.
#include "heap_fixture.h"

#include <tenure/containers.h>

#include "gc/generations.h"

enum { RINGS = 8, RING = 5, KEPT = 4 };

typedef struct scene {
    tn_heap *heap;
    tn_type *type;
    tn_object *kept; // a list of rings that live
    tn_object *weak; // to a member of a ring that is garbage
} scene;

static tn_object *
node_new(scene *s)
{
    tn_object *o = tn_new(s->heap, s->type);
    assert_non_null(o);
    return o;
}

static tn_object *
ring_new(scene *s, int len)
{
    tn_object *first = node_new(s), *last = first;
    for (int i = 1; i < len; i++) {
        tn_object *next = node_new(s);
        tn_slot_set_steal(last, 0, tn_ref(next));
        last = next;
    }
    tn_slot_set(last, 0, tn_ref(first));
    return first;
}

static void
expect_ring(const tn_object *first, int len)
{
    const tn_object *o = first;
    for (int i = 0; i < len; i++) {
        assert_non_null(o);
        o = tn_as_object(tn_slot_borrow(o, 0));
    }
    assert_ptr_equal(o, first);
}

// [RINGS] rings of garbage, of which the last has a weak reference, and some that are kept.
static void
scene_fill(scene *s)
{
    s->kept = tn_list_new(s->heap);
    for (int i = 0; i < KEPT; i++)
        assert_int_equal(tn_list_append_steal(s->kept, tn_ref(ring_new(s, RING))), TN_OK);
    for (int i = 0; i < RINGS; i++) {
        tn_object *ring = ring_new(s, RING);
        if (i == RINGS - 1)
            assert_int_equal(tn_weak_new(ring, &s->weak), TN_OK);
        tn_decref(ring);
    }
}

static void
scene_init(scene *s, tn_heap *heap)
{
    static const char *const slots[] = {"next", "other", NULL};
    *s = (scene){.heap = heap, .type = heap_type(heap, "Node", slots, TN_WEAK)};
}

static void
scene_empty(scene *s)
{
    for (size_t i = 0; i < KEPT; i++)
        expect_ring(tn_as_object(tn_list_borrow(s->kept, i)), RING);
    TN_CLEAR(s->kept);
    TN_CLEAR(s->weak);
    heap_collect(s->heap, 2);
    assert_int_equal(heap_instances(s->heap, "Node"), 0);
}

static tn_gc_result
step(tn_heap *heap)
{
    tn_gc_result result;
    assert_int_equal(tn_gc_step(heap, 0, &result), TN_OK);
    assert_int_equal(result.complete, !tn_gc_in_progress(heap));
    return result;
}

static tn_gc_result
step_to_the_end(tn_heap *heap)
{
    tn_gc_result result = {.complete = false};
    while (!result.complete)
        result = step(heap);
    return result;
}

// Takes [slices] slices; false when the run completed with them or before.
static bool
step_often(tn_heap *heap, size_t slices)
{
    for (size_t i = 0; i < slices; i++)
        if (step(heap).complete)
            return false;
    return true;
}

typedef void event(scene *s);

// Filled anew for every boundary. Whatever [happens] must leave a heap of which a full collection
// leaves the kept rings alone.
static void
at_every_boundary(scene *s, event *happens)
{
    bool running = true;
    for (size_t slices = 1; running; slices++) {
        scene_fill(s);
        running = step_often(s->heap, slices);
        if (running)
            happens(s);
        assert_true(tn_heap_check(s->heap));
        scene_empty(s);
    }
}

static void
expect_at_every_boundary(void **state, event *happens)
{
    scene s;
    scene_init(&s, heap_fixture_heap(state));
    at_every_boundary(&s, happens);
}

// --- A run ---------------------------------------------------------------------------------------

static void
a_run_finds_all_garbage_and_tells_of_the_whole(void **state)
{
    scene s;
    tn_gc_stats stats[TN_GENERATIONS];
    scene_init(&s, heap_fixture_heap(state));
    scene_fill(&s);
    tn_gc_result result = step_to_the_end(s.heap);
    assert_int_equal(result.collected, RINGS * RING);
    assert_int_equal(result.candidates, (RINGS + KEPT) * RING + 1);
    assert_int_equal(result.uncollectable, 0);
    assert_true(result.slices > 1 && result.bytes_freed > 0);
    assert_true(result.longest_ns <= result.ns);
    tn_gc_get_stats(s.heap, stats);
    assert_int_equal(stats[2].collections, 1);
    assert_int_equal(stats[2].collected, RINGS * RING);
    scene_empty(&s);
}

static void
a_large_budget_needs_one_slice(void **state)
{
    scene s;
    tn_gc_result result;
    scene_init(&s, heap_fixture_heap(state));
    scene_fill(&s);
    assert_int_equal(tn_gc_step(s.heap, UINT64_C(100000000000), &result), TN_OK);
    assert_true(result.complete && !tn_gc_in_progress(s.heap));
    assert_int_equal(result.slices, 1);
    assert_int_equal(result.collected, RINGS * RING);
    scene_empty(&s);
}

static void
a_run_on_an_empty_heap_completes(void **state)
{
    tn_gc_result result = step_to_the_end(heap_fixture_heap(state));
    assert_int_equal(result.collected, 0);
    tn_gc_abandon(heap_fixture_heap(state));
    assert_false(tn_gc_in_progress(heap_fixture_heap(state)));
}

static void
ignore(void *arg, const char *sentence)
{
}

static size_t
count_objects(tn_heap *heap)
{
    tn_usage rows[32];
    size_t objects = 0;
    for (size_t i = tn_usage_get(heap, rows, 32); i > 0; i--)
        objects += rows[i - 1].objects;
    return objects;
}

static void
a_heap_may_be_freed_at_every_boundary(void **state)
{
    bool running = true;
    for (size_t slices = 1; running; slices++) {
        scene s;
        scene_init(&s, tn_heap_new(&(tn_heap_options){.report = ignore}));
        scene_fill(&s);
        running = step_often(s.heap, slices);
        size_t left = count_objects(s.heap);
        assert_in_range(tn_heap_free(s.heap), 1, left); // some are not so far from their end
    }
}

// --- Who waits -----------------------------------------------------------------------------------

static void
expect_busy(scene *s)
{
    assert_int_equal(tn_gc_collect(s->heap, 0, NULL), TN_EBUSY);
    assert_int_equal(tn_gc_collect(s->heap, 1, NULL), TN_EBUSY);
    assert_true(tn_gc_in_progress(s->heap));
    step_to_the_end(s->heap);
    assert_int_equal(tn_gc_collect(s->heap, 0, NULL), TN_OK);
}

static void
a_younger_collection_answers_busy(void **state)
{
    expect_at_every_boundary(state, expect_busy);
}

static void
make_many(scene *s)
{
    for (int i = 0; i < 200; i++)
        tn_decref(ring_new(s, 1));
}

static uint64_t
count_collections(tn_heap *heap)
{
    tn_gc_stats stats[TN_GENERATIONS];
    tn_gc_get_stats(heap, stats);
    return stats[0].collections + stats[1].collections + stats[2].collections;
}

static void
expect_patience(scene *s)
{
    tn_gc_settings settings = {true, {50, 2, 2}, 0}, off = {.enabled = false};
    uint64_t before = count_collections(s->heap);
    assert_int_equal(tn_gc_set_settings(s->heap, &settings, 0), TN_OK);
    make_many(s);
    assert_int_equal(count_collections(s->heap), before);
    step_to_the_end(s->heap);
    make_many(s);
    assert_true(count_collections(s->heap) > before + 1);
    assert_int_equal(tn_gc_set_settings(s->heap, &off, 0), TN_OK);
}

static void
the_automatic_rule_waits(void **state)
{
    expect_at_every_boundary(state, expect_patience);
}

static void
step_inside(tn_gc_phase phase, const tn_gc_info *info, void *arg)
{
    assert_int_equal(tn_gc_step(arg, 0, NULL), TN_EBUSY);
    assert_int_equal(tn_gc_collect(arg, 2, NULL), TN_EBUSY);
}

static void
a_slice_inside_of_a_collection_is_refused(void **state)
{
    scene s;
    scene_init(&s, heap_fixture_heap(state));
    scene_fill(&s);
    assert_int_equal(tn_gc_add_callback(s.heap, step_inside, s.heap), TN_OK);
    step_to_the_end(s.heap);
    heap_collect(s.heap, 2);
    assert_int_equal(tn_gc_remove_callback(s.heap, step_inside, s.heap), TN_OK);
    scene_empty(&s);
}

// --- What ends a run -----------------------------------------------------------------------------

// Nothing is left of it: what it had not freed is found, and no run is in progress.
static void
expect_abandoned(scene *s)
{
    assert_false(tn_gc_in_progress(s->heap));
    assert_true(tn_heap_check(s->heap));
    heap_collect(s->heap, 2);
    assert_int_equal(heap_instances(s->heap, "Node"), KEPT * RING);
}

static void
abandon(scene *s)
{
    tn_gc_abandon(s->heap);
    expect_abandoned(s);
}

static void
abandon_and_run_again(scene *s)
{
    tn_gc_abandon(s->heap);
    step_to_the_end(s->heap);
    expect_abandoned(s);
}

static void
collect_all(scene *s)
{
    assert_int_equal(tn_gc_collect(s->heap, 2, NULL), TN_OK);
    expect_abandoned(s);
}

static void
collect_exhaustively(scene *s)
{
    assert_int_equal(tn_gc_collect_exhaustive(s->heap, 2, NULL), TN_OK);
    expect_abandoned(s);
}

static void
freeze(scene *s)
{
    assert_int_equal(tn_gc_freeze(s->heap, true), TN_OK);
    expect_abandoned(s);
    tn_gc_unfreeze(s->heap);
}

// The garbage is frozen with the rest, and found when it is thawed.
static void
freeze_garbage(scene *s)
{
    assert_int_equal(tn_gc_freeze(s->heap, false), TN_OK);
    assert_int_equal(heap_collect(s->heap, 2), 0);
    tn_gc_unfreeze(s->heap);
    expect_abandoned(s);
}

static void
unfreeze(scene *s)
{
    tn_gc_unfreeze(s->heap);
    expect_abandoned(s);
}

// Whether or not the run goes on.
static void
register_type(scene *s)
{
    static const char *const slots[] = {"next", NULL};
    heap_type(s->heap, "Later", slots, 0);
    step_to_the_end(s->heap);
    expect_abandoned(s);
}

static void
whatever_ends_a_run_at_any_boundary_leaves_no_trace(void **state)
{
    event *const events[] = {abandon, abandon_and_run_again, collect_all, collect_exhaustively,
                             freeze,  freeze_garbage,        unfreeze,    register_type};
    scene s;
    scene_init(&s, heap_fixture_heap(state));
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        at_every_boundary(&s, events[i]);
}

static void
starve(scene *s)
{
    for (long granted = 0; tn_gc_in_progress(s->heap); granted = (granted + 1) % 3) {
        tni_fail_after((struct tni_memory *)s->heap, granted);
        tn_err err = tn_gc_step(s->heap, 0, NULL);
        tni_fail_after((struct tni_memory *)s->heap, -1);
        assert_true(err == TN_OK || (err == TN_ENOMEM && !tn_gc_in_progress(s->heap)));
    }
    expect_abandoned(s);
}

static void
a_slice_without_memory_abandons_the_run_and_loses_nothing(void **state)
{
    expect_at_every_boundary(state, starve);
}

// --- What may happen between slices --------------------------------------------------------------

// The ring is whole, or it is out of reach; what was reached lives until it is let go.
static void
reach_weakly(scene *s)
{
    tn_object *ring = tn_weak_get(s->weak);
    if (ring != NULL)
        expect_ring(ring, RING);
    step_to_the_end(s->heap);
    tn_object *later = tn_weak_get(s->weak);
    assert_ptr_equal(later, ring);
    tn_decref(later);
    if (ring != NULL) {
        expect_ring(ring, RING);
        assert_int_equal(heap_instances(s->heap, "Node"), (KEPT + 1) * RING);
        tn_decref(ring);
    }
    expect_abandoned(s);
}

static void
what_is_reached_through_a_weak_reference_lives(void **state)
{
    expect_at_every_boundary(state, reach_weakly);
}

// A reference that moves from kept ring to kept ring, always ahead of the search or behind it.
static void
move_about(scene *s)
{
    tn_object *moved = ring_new(s, RING);
    tn_object *holder = tn_as_object(tn_list_borrow(s->kept, 0));
    tn_slot_set_steal(holder, 1, tn_ref(moved));
    for (size_t i = 1; tn_gc_in_progress(s->heap); i++) {
        tn_object *next = tn_as_object(tn_list_borrow(s->kept, i % KEPT));
        tn_incref(moved);
        tn_slot_set(holder, 1, TN_ABSENT);
        tn_slot_set_steal(next, 1, tn_ref(moved));
        holder = next;
        step(s->heap);
        expect_ring(moved, RING);
    }
    tn_slot_set(holder, 1, TN_ABSENT);
    expect_abandoned(s);
}

static void
what_moves_between_slices_is_not_lost(void **state)
{
    expect_at_every_boundary(state, move_about);
}

// New rings take the slots of what dies by its count in mid-run.
static void
replace_rings(scene *s)
{
    for (size_t i = 0; tn_gc_in_progress(s->heap); i++) {
        tn_object *former = tn_as_object(tn_list_borrow(s->kept, i % KEPT));
        tn_slot_set(former, 0, TN_ABSENT);
        assert_int_equal(tn_list_set(s->kept, i % KEPT, TN_NONE), TN_OK);
        tn_object *ring = ring_new(s, RING);
        assert_int_equal(tn_list_set(s->kept, i % KEPT, tn_ref(ring)), TN_OK);
        tn_decref(ring);
        step(s->heap);
        expect_ring(ring, RING);
    }
    expect_abandoned(s);
}

static void
slots_may_be_used_again_in_mid_run(void **state)
{
    expect_at_every_boundary(state, replace_rings);
}

static tn_object *shown;

static void
show_next(tn_object *o)
{
    shown = tn_incref(tn_as_object(tn_slot_borrow(o, 0)));
}

static void
count_call(tn_object *weak, void *arg)
{
    ++*(int *)arg;
}

// Its destruction began before somebody saw it; that it was let go of again ends nothing.
static void
who_is_watched_after_its_death_began_dies_without_a_call(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_type_spec spec = {.name = "Shower", .slots = (const char *const[]){"next", NULL}};
    spec.flags = TN_WEAK;
    spec.finalize = show_next;
    tn_type *type;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    tn_object *first = tn_new(heap, type), *weak = NULL;
    tn_object *node =
        tn_new(heap, heap_type(heap, "Node", (const char *const[]){"a", NULL}, TN_WEAK));
    tn_slot_set(first, 0, tn_ref(node));
    tn_slot_set_steal(node, 0, tn_ref(first));
    tn_decref(node);
    int calls = 0;
    shown = NULL;
    while (shown == NULL)
        assert_false(step(heap).complete);
    assert_int_equal(tn_weak_new_with(shown, count_call, &calls, &weak), TN_OK);
    TN_CLEAR(shown);
    assert_int_equal(step_to_the_end(heap).collected, 2);
    assert_null(tn_weak_get(weak));
    assert_int_equal(calls, 0);
    tn_decref(weak);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_run_finds_all_garbage_and_tells_of_the_whole),
        HEAP_TEST(a_large_budget_needs_one_slice),
        HEAP_TEST(a_run_on_an_empty_heap_completes),
        cmocka_unit_test(a_heap_may_be_freed_at_every_boundary),
        HEAP_TEST(a_younger_collection_answers_busy),
        HEAP_TEST(the_automatic_rule_waits),
        HEAP_TEST(a_slice_inside_of_a_collection_is_refused),
        HEAP_TEST(whatever_ends_a_run_at_any_boundary_leaves_no_trace),
        HEAP_TEST(a_slice_without_memory_abandons_the_run_and_loses_nothing),
        HEAP_TEST(what_is_reached_through_a_weak_reference_lives),
        HEAP_TEST(what_moves_between_slices_is_not_lost),
        HEAP_TEST(slots_may_be_used_again_in_mid_run),
        HEAP_TEST(who_is_watched_after_its_death_began_dies_without_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
