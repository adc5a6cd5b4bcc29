// SPDX-License-Identifier: MIT
//
// One fresh heap a test, and the proof at its end that the test gave everything back.
//
// The teardown fails the test when [tn_heap_check] does not hold, when a byte or an object is left,
// or when the heap reported something that the test did not take with [heap_fixture_take_report].
//
// TN_DROP_BUDGET in the environment is the drop budget of the heap, for tests that do not mind.
#ifndef TESTS_HEAP_FIXTURE_H
#define TESTS_HEAP_FIXTURE_H

#include "support.h"

#include <tenure/inspect.h>
#include <tenure/tenure.h>

typedef struct heap_fixture {
    tn_heap *heap;
    unsigned reports; // sentences since the last one was taken
    char report[512]; // the last of them
} heap_fixture;

int heap_fixture_setup(void **state);
int heap_fixture_teardown(void **state);

#define HEAP_TEST(name)                                                                            \
    cmocka_unit_test_setup_teardown(name, heap_fixture_setup, heap_fixture_teardown)

// The heap of the running test.
tn_heap *heap_fixture_heap(void **state);
// Asserts that exactly one report came and that it contains [words].
void heap_fixture_take_report(void **state, const char *words);

// The bytes of live objects and buffers.
size_t heap_current(const tn_heap *heap);
// The live instances of the type or domain called [name].
size_t heap_instances(const tn_heap *heap, const char *name);
// Registers a type that must be accepted. [slots] is ended by NULL, or is NULL.
tn_type *heap_type(tn_heap *heap, const char *name, const char *const *slots, unsigned flags);
// A str of the text; out of memory fails the test.
tn_object *heap_str(tn_heap *heap, const char *text);
// The weak reference to [target] that all share.
tn_object *heap_weak_to(tn_object *target); // new
// [count] lists, each holding the one before it, the first of them [last]; returns the newest.
tn_object *heap_live_lists(tn_heap *heap, tn_object *last /* stolen */, size_t count); // new
// Destroys what a drop budget put off.
void heap_work_off(tn_heap *heap);
// Collects [generation] and returns how many objects were found.
size_t heap_collect(tn_heap *heap, int generation);

#endif
