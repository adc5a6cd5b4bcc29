// SPDX-License-Identifier: MIT
//
// 1J: finalizers that can be detached.
#include "recorder.h"

#include <tenure/containers.h>

// Notes "E<number>".
typedef struct ending {
    recorder_log *log;
    int number;
    tn_object *target; // gets another finalizer then; may be NULL
} ending;

static void
end(void *arg)
{
    ending *e = arg;
    recorder_note(e->log, "E", e->number);
    if (e->target == NULL)
        return;
    tn_object *target = e->target;
    e->target = NULL;
    e->number *= 10;
    assert_int_equal(tn_finalizer_new(target, end, e, NULL), TN_OK);
}

static tn_object *
finalizer(tn_object *target, ending *e)
{
    tn_object *f = NULL;
    assert_int_equal(tn_finalizer_new(target, end, e, &f), TN_OK);
    return f;
}

static void
finalizers_are_called_once_the_newest_first_130(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *targets[] = {recorder_new(&log, 1), recorder_ring(&log, 2, 2)};
    ending endings[] = {{&log, 1, NULL}, {&log, 2, NULL}, {&log, 3, NULL}};
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < 3; i++) // the heap keeps them
            assert_int_equal(tn_finalizer_new(targets[way], end, &endings[i], NULL), TN_OK);
        assert_int_equal(tn_refcount(targets[way]), 1);
    }
    tn_decref(targets[0]);
    recorder_expect(&log, "F1 D1 E3 E2 E1");
    assert_int_equal(heap_collect(log.heap, 2), 2 + 3); // and the finalizers, which let go
    recorder_expect(&log, "F2 F3 D2 D3 E3 E2 E1");
    assert_int_equal(heap_instances(log.heap, "finalizer"), 0);
}

static void
finalizers_can_be_asked_detached_and_called_130(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 9), *f[3];
    ending endings[] = {{&log, 1, NULL}, {&log, 2, NULL}, {&log, 3, NULL}};
    for (int i = 0; i < 3; i++)
        f[i] = finalizer(o, &endings[i]);
    tn_object *got = tn_finalizer_peek(f[0]);
    assert_ptr_equal(got, o);
    tn_decref(got);
    assert_true(tn_finalizer_call(f[0]));
    recorder_expect(&log, "E1");
    assert_true(tn_finalizer_detach(f[1]));
    for (int i = 0; i < 3; i++)
        assert_int_equal(tn_finalizer_is_alive(f[i]), i == 2);
    tn_decref(o);
    recorder_expect(&log, "F9 D9 E3");
    for (int i = 0; i < 3; i++) {
        assert_false(tn_finalizer_is_alive(f[i]));
        assert_null(tn_finalizer_peek(f[i]));
        assert_false(tn_finalizer_call(f[i]));
        assert_false(tn_finalizer_detach(f[i]));
        tn_decref(f[i]);
    }
    recorder_expect(&log, "");
}

static void
wrong_targets_and_no_function_are_refused_130(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = tn_list_new(heap), *o = tn_new(heap, heap_type(heap, "Weak", NULL, TN_WEAK));
    assert_int_equal(tn_finalizer_new(list, end, NULL, NULL), TN_ETYPE);
    assert_int_equal(tn_finalizer_new(o, NULL, NULL, NULL), TN_EINVAL);
    tn_decref(list);
    tn_decref(o);
}

static void
ignore(void *arg, const char *sentence)
{
}

// One that asks for it is left out, and one that is made meanwhile is called as well. Nothing can
// go wrong in a function that returns nothing.
static void
the_end_of_the_heap_calls_the_rest_the_newest_first_130(void **state)
{
    tn_heap_options options = {.report = ignore}; // of the object that is left
    recorder_log log;
    recorder_init(&log, tn_heap_new(&options));
    tn_object *o = recorder_new(&log, 9);
    ending endings[] = {{&log, 1, NULL}, {&log, 2, NULL}, {&log, 3, o}, {&log, 4, NULL}};
    for (int i = 0; i < 4; i++) {
        tn_object *f = finalizer(o, &endings[i]);
        tn_finalizer_set_at_end(f, i != 1);
        tn_decref(f);
    }
    assert_int_equal(tn_heap_free(log.heap), 1);
    recorder_expect(&log, "E4 E3 E30 E1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(finalizers_are_called_once_the_newest_first_130),
        HEAP_TEST(finalizers_can_be_asked_detached_and_called_130),
        HEAP_TEST(wrong_targets_and_no_function_are_refused_130),
        HEAP_TEST(the_end_of_the_heap_calls_the_rest_the_newest_first_130),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
