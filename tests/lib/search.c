// SPDX-License-Identifier: MIT
//
// What a search from suspects costs, which way it takes, and that it changes nothing where it gets
// no memory: lib/src/gc/search.c, suspects.c, probe.c, closure.c.
#include "census.h"

#include "gc/generations.h"
#include "object/track.h"

#include <tenure/containers.h>

enum { NEXT, HUB };

typedef struct world {
    tn_heap *heap;
    struct tni_gc *gc;
    tn_type *node;
    tn_object *list; // keeps what is to stay
} world;

static world
make_world(void **state)
{
    static const char *const slots[] = {"next", "hub", NULL};
    tn_heap *heap = heap_fixture_heap(state);
    return (world){heap, (struct tni_gc *)heap, heap_type(heap, "Node", slots, 0),
                   tn_list_new(heap)};
}

static tn_gc_result
collect(const world *w, int generation)
{
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(w->heap, generation, &result), TN_OK);
    return result;
}

// Rings of [length]; the list keeps each by its first.
static void
keep_rings(const world *w, size_t count, size_t length)
{
    for (size_t ring = 0; ring < count; ring++) {
        tn_object *first = tn_new(w->heap, w->node), *last = first;
        for (size_t i = 1; i < length; i++) {
            tn_object *next = tn_new(w->heap, w->node);
            tn_slot_set_steal(last, NEXT, tn_ref(next));
            last = next;
        }
        tn_slot_set(last, NEXT, tn_ref(first));
        assert_int_equal(tn_list_append_steal(w->list, tn_ref(first)), TN_OK);
    }
}

static void
drop_rings(const world *w, size_t count)
{
    for (size_t ring = 0; ring < count; ring++)
        assert_int_equal(tn_list_delete(w->list, tn_list_len(w->list) - 1), TN_OK);
}

static void
suspect_rings(const world *w, size_t count)
{
    for (size_t ring = 0; ring < count; ring++)
        tn_decref_value(tn_list_get(w->list, ring));
}

// Without the list itself, which is no suspect: what refers to it would be.
static void
drop_everything(const world *w)
{
    tn_decref(w->list);
    collect(w, 2);
}

// --- Cost ----------------------------------------------------------------------------------------

static void
collections_without_a_change_between_them_do_nothing(void **state)
{
    world w = make_world(state);
    keep_rings(&w, 100, 10);
    assert_true(collect(&w, 2).visited >= 1000);
    uint32_t epoch = w.gc->epoch;
    for (int i = 0; i < 30; i++) {
        tn_gc_result result = collect(&w, i % TN_GENERATIONS);
        assert_int_equal(result.suspects, 0);
        assert_int_equal(result.visited, 0);
    }
    assert_int_equal(w.gc->epoch, epoch); // no search began
    drop_everything(&w);
}

static void
reading_makes_no_suspects(void **state)
{
    world w = make_world(state);
    keep_rings(&w, 100, 10);
    collect(&w, 2);
    for (size_t i = 0; i < 100; i++)
        tn_decref_unchanged(tn_as_object(tn_list_get(w.list, i)));
    assert_int_equal(collect(&w, 2).suspects, 0);
    drop_everything(&w);
}

static void
what_lost_two_references_is_one_suspect_and_looked_at_once(void **state)
{
    world w = make_world(state);
    keep_rings(&w, 100, 10);
    collect(&w, 2);
    suspect_rings(&w, 1);
    suspect_rings(&w, 1);
    tn_gc_result result = collect(&w, 2);
    assert_int_equal(result.suspects, 1);
    assert_int_equal(result.visited, 10);
    assert_int_equal(collect(&w, 2).suspects, 0);
    drop_everything(&w);
}

static void
young_suspects_stay_suspects_until_a_full_collection(void **state)
{
    world w = make_world(state);
    keep_rings(&w, 3, 10);
    size_t suspects = collect(&w, 0).suspects;
    assert_true(suspects > 0);
    assert_int_equal(collect(&w, 0).suspects, 0); // they are of generation 1 by now
    assert_int_equal(collect(&w, 1).suspects, suspects);
    assert_int_equal(collect(&w, 2).suspects, suspects);
    assert_int_equal(collect(&w, 2).suspects, 0);
    drop_everything(&w);
}

// All rings refer to one object that refers to them: whoever reaches it reaches everything.
static tn_object *
add_hub(const world *w)
{
    tn_object *hub = tn_new(w->heap, w->node);
    tn_slot_set(hub, NEXT, tn_ref(w->list));
    for (size_t i = 0; i < tn_list_len(w->list); i++)
        tn_slot_set(tn_as_object(tn_list_borrow(w->list, i)), HUB, tn_ref(hub));
    return hub;
}

static void
a_pinned_hub_is_a_wall_and_an_unprotected_one_is_paid(void **state)
{
    enum { RINGS = 1000, LENGTH = 10, TOUCHED = 20 };
    world w = make_world(state);
    keep_rings(&w, RINGS, LENGTH);
    tn_object *hub = add_hub(&w);
    assert_int_equal(tn_pin(hub), TN_OK);
    collect(&w, 2);
    suspect_rings(&w, TOUCHED);
    tn_gc_result result = collect(&w, 2);
    assert_int_equal(result.suspects, TOUCHED);
    assert_int_equal(result.visited, TOUCHED * (LENGTH + 1)); // and the hub, once a ring
    tn_unpin(hub);
    collect(&w, 2);
    suspect_rings(&w, TOUCHED);
    assert_true(collect(&w, 2).visited > RINGS * LENGTH);
    tn_slot_set(hub, NEXT, TN_ABSENT);
    tn_decref(hub);
    drop_everything(&w);
}

// --- The ways ------------------------------------------------------------------------------------

typedef struct way {
    bool closure, everything;
} way;

static way
way_of_collection(const world *w, tn_gc_result *result)
{
    w->gc->visited.len = 0;
    *result = collect(w, 2);
    return (way){w->gc->visited.len > 0, result->rescue_ns > 0};
}

static void
few_suspects_are_searched_all_at_once_by_the_closure(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 500, 10);
    collect(&w, 2);
    drop_rings(&w, 3);
    way taken = way_of_collection(&w, &result);
    assert_int_equal(result.collected, 30);
    assert_int_equal(result.visited, 30);
    assert_true(taken.closure && !taken.everything);
    drop_everything(&w);
}

static void
small_rings_of_many_suspects_are_found_by_probes(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 500, 10);
    collect(&w, 2);
    suspect_rings(&w, 490);
    drop_rings(&w, 10);
    way taken = way_of_collection(&w, &result);
    assert_int_equal(result.suspects, 500);
    assert_int_equal(result.collected, 100);
    assert_int_equal(result.visited, 5000);
    assert_true(!taken.closure && !taken.everything);
    drop_everything(&w);
}

static void
suspects_of_one_ring_are_probed_once(void **state)
{
    world w = make_world(state);
    keep_rings(&w, 500, 10);
    collect(&w, 2);
    for (size_t ring = 0; ring < 500; ring++)
        for (tn_object *o = tn_as_object(tn_list_borrow(w.list, ring)), *first = o; o != NULL;) {
            tn_decref(tn_incref(o));
            o = tn_as_object(tn_slot_borrow(o, NEXT));
            o = o == first ? NULL : o;
        }
    tn_gc_result result = collect(&w, 2);
    assert_int_equal(result.suspects, 5000);
    assert_int_equal(result.visited, 5000);
    drop_everything(&w);
}

static void
larger_ones_cut_the_probe_off_and_are_found_by_the_closure(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 2000, 3);
    keep_rings(&w, 2, 100);
    collect(&w, 2);
    suspect_rings(&w, 250);
    drop_rings(&w, 2);
    way taken = way_of_collection(&w, &result);
    assert_int_equal(result.collected, 200);
    assert_in_range(result.visited, 250 * 3 + 2 * (64 + 100), 250 * 3 + 2 * (64 + 100 + 1));
    assert_true(taken.closure && !taken.everything);
    drop_everything(&w);
}

static void
a_closure_of_more_than_a_third_is_given_up_for_the_pass_over_everything(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 2, 2000);
    collect(&w, 2);
    drop_rings(&w, 1);
    way taken = way_of_collection(&w, &result);
    assert_int_equal(result.collected, 2000);
    assert_true(taken.closure && taken.everything);
    drop_everything(&w);
}

static void
probes_in_vain_are_given_up_for_the_pass_over_everything(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 1, 6400);
    collect(&w, 2);
    assert_int_equal(tn_gc_freeze(w.heap, false), TN_OK);
    tn_gc_unfreeze(w.heap); // everything is a suspect now
    way taken = way_of_collection(&w, &result);
    assert_int_equal(result.suspects, 6401);
    assert_in_range(result.visited, 6401 + 200, 6401 + 200 + 2 * 65);
    assert_true(!taken.closure && taken.everything);
    drop_everything(&w);
}

// --- Out of memory: a stack has room for 256, then 768, 1792, 3840
// --------------------------------

// The address, and whether it is a suspect.
static int64_t
place_and_suspicion(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    bool tracked = at.row->tracked & at.bit;
    bool suspect = tracked && at.row->suspect[tni_objects_of(o)->plane] & at.bit;
    return (int64_t)(uintptr_t)o | suspect;
}

// Fails each allocation of a full collection in turn. Returns how many there were.
static long
fail_each(const world *w, tn_gc_result *result)
{
    census before = census_take(w->heap, place_and_suspicion);
    tn_gc_stats former[TN_GENERATIONS], stats[TN_GENERATIONS];
    tn_gc_get_stats(w->heap, former);
    for (long n = 0;; n++) {
        tni_gc_fini(w->gc); // gives the scratch memory back, so that it is needed
        tni_fail_after(&w->gc->objects.memory, n);
        tn_err err = tn_gc_collect(w->heap, 2, result);
        tni_fail_after(&w->gc->objects.memory, -1);
        if (err == TN_OK) {
            census_free(&before);
            return n;
        }
        assert_int_equal(err, TN_ENOMEM);
        census after = census_take(w->heap, place_and_suspicion);
        assert_true(census_is_equal(&before, &after));
        assert_true(tn_heap_check(w->heap));
        tn_gc_get_stats(w->heap, stats);
        assert_memory_equal(stats, former, sizeof stats);
        census_free(&after);
    }
}

static void
without_memory_for_what_probes_find_nothing_changes(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 5000, 3);
    collect(&w, 2);
    drop_rings(&w, 600);
    suspect_rings(&w, 400);
    enum { GARBAGE = 4, RESERVE = 1 };
    assert_int_equal(fail_each(&w, &result), GARBAGE + RESERVE);
    assert_int_equal(result.collected, 1800);
    drop_everything(&w);
}

static void
without_memory_for_the_closure_nothing_changes(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 100, 100);
    collect(&w, 2);
    drop_rings(&w, 10);
    suspect_rings(&w, 10);
    enum { SUSPECTS = 1, VISITED = 4, RESCUED = 1, GARBAGE = 3, RESERVE = 1 };
    assert_int_equal(fail_each(&w, &result), SUSPECTS + VISITED + RESCUED + GARBAGE + RESERVE);
    assert_true(w.gc->visited.len > 0 && result.rescue_ns == 0); // by the closure
    assert_int_equal(result.collected, 1000);
    drop_everything(&w);
}

static void
without_memory_for_the_pass_over_everything_nothing_changes(void **state)
{
    world w = make_world(state);
    tn_gc_result result;
    keep_rings(&w, 2000, 2);
    keep_rings(&w, 1, 3000);
    collect(&w, 2);
    drop_rings(&w, 1);
    enum { SUSPECTS = 1, VISITED = 4, RESCUED = 4, GARBAGE = 4 }; // no more for the recheck
    assert_int_equal(fail_each(&w, &result), SUSPECTS + VISITED + RESCUED + GARBAGE);
    assert_true(result.rescue_ns > 0);
    assert_int_equal(result.collected, 3000);
    drop_everything(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(collections_without_a_change_between_them_do_nothing),
        HEAP_TEST(reading_makes_no_suspects),
        HEAP_TEST(what_lost_two_references_is_one_suspect_and_looked_at_once),
        HEAP_TEST(young_suspects_stay_suspects_until_a_full_collection),
        HEAP_TEST(a_pinned_hub_is_a_wall_and_an_unprotected_one_is_paid),
        HEAP_TEST(few_suspects_are_searched_all_at_once_by_the_closure),
        HEAP_TEST(small_rings_of_many_suspects_are_found_by_probes),
        HEAP_TEST(suspects_of_one_ring_are_probed_once),
        HEAP_TEST(larger_ones_cut_the_probe_off_and_are_found_by_the_closure),
        HEAP_TEST(a_closure_of_more_than_a_third_is_given_up_for_the_pass_over_everything),
        HEAP_TEST(probes_in_vain_are_given_up_for_the_pass_over_everything),
        HEAP_TEST(without_memory_for_what_probes_find_nothing_changes),
        HEAP_TEST(without_memory_for_the_closure_nothing_changes),
        HEAP_TEST(without_memory_for_the_pass_over_everything_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
