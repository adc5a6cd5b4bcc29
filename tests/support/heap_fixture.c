// SPDX-License-Identifier: MIT
//
// One fresh heap a test: see heap_fixture.h.
#include "heap_fixture.h"

#include <tenure/containers.h>

__attribute__((visibility("default"))) const char *__asan_default_options(void);

// ASan asks for this function: memory that the system refuses is NULL, as it is without ASan.
const char *
__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void
take_note(void *arg, const char *sentence)
{
    heap_fixture *fixture = arg;
    fixture->reports++;
    snprintf(fixture->report, sizeof fixture->report, "%s", sentence);
    print_error("the heap reports: %s\n", sentence);
}

static size_t
drop_budget(void)
{
    return support_number("TN_DROP_BUDGET", 0);
}

int
heap_fixture_setup(void **state)
{
    heap_fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    tn_heap_options options = {.hash_seed = 42, .report = take_note, .report_arg = fixture};
    fixture->heap = tn_heap_new(&options);
    *state = fixture;
    if (fixture->heap != NULL)
        tn_set_drop_budget(fixture->heap, drop_budget());
    return fixture->heap != NULL ? 0 : -1;
}

int
heap_fixture_teardown(void **state)
{
    heap_fixture *fixture = *state;
    bool checks = tn_heap_check(fixture->heap);
    tn_set_drop_budget(fixture->heap, 0);
    size_t bytes = heap_current(fixture->heap);
    size_t objects = tn_heap_free(fixture->heap);
    bool silent = fixture->reports == 0;
    free(fixture);
    if (checks && silent && bytes == 0 && objects == 0)
        return 0;
    print_error("left behind: %zu objects, %zu bytes%s%s\n", objects, bytes,
                checks ? "" : "; the check fails", silent ? "" : "; a report was not expected");
    return -1;
}

tn_heap *
heap_fixture_heap(void **state)
{
    heap_fixture *fixture = *state;
    return fixture->heap;
}

void
heap_fixture_take_report(void **state, const char *words)
{
    heap_fixture *fixture = *state;
    assert_int_equal(fixture->reports, 1);
    assert_non_null(strstr(fixture->report, words));
    fixture->reports = 0;
}

size_t
heap_current(const tn_heap *heap)
{
    tn_memory memory;
    tn_memory_get(heap, &memory);
    return memory.current;
}

size_t
heap_instances(const tn_heap *heap, const char *name)
{
    tn_usage rows[64];
    size_t count = tn_usage_get(heap, rows, 64);
    assert_in_range(count, 0, 64);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].objects;
    }
    return 0;
}

tn_type *
heap_type(tn_heap *heap, const char *name, const char *const *slots, unsigned flags)
{
    tn_type_spec spec = {.name = name, .slots = slots, .flags = flags};
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

tn_object *
heap_str(tn_heap *heap, const char *text)
{
    tn_object *str = tn_str_new(heap, text, strlen(text));
    assert_non_null(str);
    return str;
}

void
heap_work_off(tn_heap *heap)
{
    tn_set_drop_budget(heap, 0);
    tn_set_drop_budget(heap, drop_budget());
}

size_t
heap_collect(tn_heap *heap, int generation)
{
    tn_gc_result result;
    assert_int_equal(tn_gc_collect(heap, generation, &result), TN_OK);
    assert_int_equal(result.uncollectable, 0);
    return result.collected;
}

tn_object *
heap_weak_to(tn_object *target)
{
    tn_object *weak = NULL;
    assert_int_equal(tn_weak_new(target, &weak), TN_OK);
    return weak;
}

tn_object *
heap_live_lists(tn_heap *heap, tn_object *last /* stolen */, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tn_object *list = tn_list_new(heap);
        assert_non_null(list);
        if (last != NULL)
            assert_int_equal(tn_list_append_steal(list, tn_ref(last)), TN_OK);
        last = list;
    }
    return last;
}
