// SPDX-License-Identifier: MIT
//
// What a collection would find: lib/src/inspect/preview.c.
#include "heap_fixture.h"

#include <tenure/containers.h>

// A list that holds itself, and [text].
static void
drop_circle(tn_heap *heap, const char *text)
{
    tn_object *list = tn_list_new(heap);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    assert_int_equal(tn_list_append_steal(list, tn_ref(tn_str_new(heap, text, strlen(text)))),
                     TN_OK);
    tn_decref(list);
}

static tn_gc_result
preview(tn_heap *heap, int generation)
{
    tn_gc_result result;
    assert_int_equal(tn_gc_preview(heap, generation, &result), TN_OK);
    return result;
}

static void
a_preview_tells_what_a_collection_then_finds(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_memory before, after;
    tn_object *live = tn_list_new(heap);
    drop_circle(heap, "one");
    drop_circle(heap, "two");
    tn_memory_get(heap, &before);
    for (int i = 0; i < 3; i++) {
        tn_gc_result told = preview(heap, 2);
        assert_int_equal(told.collected, 2);
        assert_int_equal(told.candidates, 3);
        assert_true(told.complete && told.bytes_freed > 0);
    }
    tn_memory_get(heap, &after);
    assert_int_equal(before.current, after.current);
    tn_gc_result told = preview(heap, 2), result;
    assert_int_equal(tn_gc_collect(heap, 2, &result), TN_OK);
    assert_int_equal(result.collected, 2);
    assert_in_range(result.bytes_freed, told.bytes_freed, told.bytes_freed + 200); // and the texts
    assert_int_equal(preview(heap, 2).collected, 0);
    tn_decref(live);
}

static void
a_preview_leaves_generations_counters_and_statistics_alone(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_stats stats[TN_GENERATIONS];
    size_t count[TN_GENERATIONS];
    tn_object *live = tn_list_new(heap);
    drop_circle(heap, "young");
    for (int g = 0; g < TN_GENERATIONS; g++)
        assert_int_equal(preview(heap, g).collected, 1);
    tn_gc_get_stats(heap, stats);
    tn_gc_get_count(heap, count);
    assert_int_equal(stats[2].collections, 0);
    assert_int_equal(count[0], 2);
    assert_int_equal(tn_gc_generation(live), 0);
    assert_int_equal(heap_collect(heap, 0), 1);
    tn_decref(live);
}

static void
only_the_generations_that_were_asked_for_are_looked_at(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap);
    assert_int_equal(heap_collect(heap, 0), 0);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    tn_decref(list); // garbage of generation 1
    assert_int_equal(preview(heap, 0).collected, 0);
    assert_int_equal(preview(heap, 1).collected, 1);
    assert_int_equal(heap_collect(heap, 1), 1);
}

static void
a_preview_gives_up_a_run_in_progress(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    drop_circle(heap, "one");
    assert_int_equal(tn_gc_step(heap, 0, NULL), TN_OK);
    assert_true(tn_gc_in_progress(heap));
    assert_int_equal(preview(heap, 2).collected, 1);
    assert_false(tn_gc_in_progress(heap));
    assert_int_equal(heap_collect(heap, 2), 1);
}

static void
a_generation_that_is_not_there_is_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_gc_result result;
    assert_int_equal(tn_gc_preview(heap, -1, &result), TN_EINVAL);
    assert_int_equal(tn_gc_preview(heap, 3, &result), TN_EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_preview_tells_what_a_collection_then_finds),
        HEAP_TEST(a_preview_leaves_generations_counters_and_statistics_alone),
        HEAP_TEST(only_the_generations_that_were_asked_for_are_looked_at),
        HEAP_TEST(a_preview_gives_up_a_run_in_progress),
        HEAP_TEST(a_generation_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
