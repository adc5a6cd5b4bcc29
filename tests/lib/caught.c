// SPDX-License-Identifier: MIT
//
// Deliberate mistakes are caught: each is made in a child process, whose end and words are
// examined.
//
// A touch of freed memory needs a sanitizer build (poisoned slots, lib/src/memory/poison.h); the
// rest needs a checked one.
#include "heap_fixture.h"
#include "mistake.h"

#include "memory/poison.h"

#include <pthread.h>
#include <sys/wait.h>
#include <tenure/containers.h>
#include <unistd.h>

static const char *const slots[] = {"value", NULL};

// The value that was read, so that the reading is not optimised away.
static volatile uint64_t seen;

// --- Touching what was freed ---------------------------------------------------------------------

static void
read_freed_buffer(size_t size)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type *owner = heap_type(heap, "index", NULL, TN_DOMAIN);
    char *buffer = tn_buffer_alloc(heap, owner, size);
    memset(buffer, 1, size);
    tn_buffer_free(heap, owner, buffer, size);
    seen = (uint64_t)((volatile char *)buffer)[size - 1];
}

static void
read_a_freed_small_buffer(void)
{
    read_freed_buffer(100);
}

static void
read_a_freed_large_buffer(void)
{
    read_freed_buffer(100000);
}

static void
touching_what_was_freed_is_caught(void **state)
{
    void (*const mistakes[])(void) = {read_a_freed_small_buffer, read_a_freed_large_buffer};
#ifndef TNI_ASAN
    skip();
#endif
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        mistake_expect(mistakes[i], "AddressSanitizer");
}

// --- Forgetting ----------------------------------------------------------------------------------

enum { LINE_OF_LEAK = __LINE__ + 7 };

static void
leak_a_user(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type *type = heap_type(heap, "User", slots, 0);
    tn_new(heap, type);
    _exit(tn_heap_free(heap) == 1 ? 7 : 0);
}

static void
a_leak_is_reported_with_its_type_and_its_call_site(void **state)
{
    char site[64];
    snprintf(site, sizeof site, "caught.c:%d", LINE_OF_LEAK);
    mistake_child c = mistake_run(leak_a_user);
    assert_int_equal(WEXITSTATUS(c.status), 7);
    assert_non_null(strstr(c.words, "User"));
    if (TN_CHECKS > 0)
        assert_non_null(strstr(c.words, site));
}

// --- Mixing --------------------------------------------------------------------------------------

static void *
make_a_list(void *heap)
{
    tn_list_new(heap);
    return NULL;
}

static void
use_a_heap_from_another_thread(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, make_a_list, heap);
    pthread_join(thread, NULL);
}

static void
ask_a_str_for_its_items(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    seen = tn_list_len(heap_str(heap, "not a list"));
}

static void
misuse_is_caught_in_checked_builds(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    mistake_expect(use_a_heap_from_another_thread, "tenure: ");
}

static void
an_object_of_another_type_stops_the_program_in_every_build(void **state)
{
    mistake_expect(ask_a_str_for_its_items, "tenure: ");
}

static void
no_mistake_ends_well(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_decref(heap_str(heap, "dropped"));
    _exit(tn_heap_free(heap) == 0 ? 0 : 1);
}

static void
a_program_without_a_mistake_is_left_alone(void **state)
{
    mistake_child c = mistake_run(no_mistake_ends_well);
    assert_int_equal(c.status, 0);
    assert_string_equal(c.words, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(touching_what_was_freed_is_caught),
        cmocka_unit_test(a_leak_is_reported_with_its_type_and_its_call_site),
        cmocka_unit_test(misuse_is_caught_in_checked_builds),
        cmocka_unit_test(an_object_of_another_type_stops_the_program_in_every_build),
        cmocka_unit_test(a_program_without_a_mistake_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
