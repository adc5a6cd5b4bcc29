// SPDX-License-Identifier: MIT
//
// Which lines hold the memory, and which lines made it grow: Python's tracemalloc in C.
#include "expect.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

static tn_snapshot * /* new */
snapshot(tn_heap *heap)
{
    tn_snapshot *s = NULL;
    EXPECT(tn_snapshot_take(heap, &s) == TN_OK);
    return s;
}

static tn_statistics
print_lines(const tn_snapshot *s, const tn_snapshot *older)
{
    char text[300];
    tn_statistics lines;
    EXPECT(tn_snapshot_statistics(s, older, TN_BY_LINE, 0, &lines) == TN_OK);
    for (size_t i = 0; i < lines.count && i < 5; i++) {
        tn_statistic_format(&lines.rows[i], lines.is_diff, text, sizeof text);
        printf("  %s\n", text);
    }
    return lines;
}

static void
show_the_top(tn_heap *heap)
{
    tn_object *list = tn_list_new(heap), *dict = tn_dict_new(heap);
    for (int64_t i = 0; i < 100000; i++) // my_list = [i**2 for i in range(100_000)]
        EXPECT(tn_list_append(list, tn_int(i * i)) == TN_OK);
    int list_line = __LINE__ - 1;
    for (int64_t i = 0; i < 50000; i++) // my_dict = {i: i**2 for i in range(50_000)}
        EXPECT(tn_dict_set(dict, tn_int(i), tn_int(i * i)) == TN_OK);

    tn_snapshot *now = snapshot(heap);
    printf("Top 5 memory consumers:\n");
    tn_statistics lines = print_lines(now, NULL);
    EXPECT(lines.count == 3); // the two loops, and the line with both containers
    EXPECT(lines.rows[1].frames[0].line == list_line);
    tn_statistics_free(&lines);
    tn_snapshot_free(now);
    tn_decref(list);
    tn_decref(dict);
}

// data = [list(range(1000)) for _ in range(1000)]
static tn_object * /* new */
make_lists(tn_heap *heap)
{
    tn_object *data = tn_list_new(heap);
    for (int i = 0; i < 1000; i++) {
        tn_object *list = tn_list_new(heap);
        for (int64_t k = 0; k < 1000; k++)
            EXPECT(tn_list_append(list, tn_int(k)) == TN_OK);
        EXPECT(tn_list_append_steal(data, tn_ref(list)) == TN_OK);
    }
    return data;
}

static void
show_what_grew(tn_heap *heap)
{
    tn_snapshot *before = snapshot(heap);
    tn_object *data = make_lists(heap);
    tn_snapshot *after = snapshot(heap);
    printf("Memory changes:\n");
    tn_statistics lines = print_lines(after, before);
    EXPECT(lines.rows[0].count_diff == 1000 && lines.rows[0].size_diff > 8000000);
    tn_statistics_free(&lines);
    tn_snapshot_free(before);
    tn_snapshot_free(after);
    tn_decref(data);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_traced memory;
    EXPECT(tn_trace_start(heap, NULL) == TN_OK);
    show_the_top(heap);
    show_what_grew(heap);
    tn_trace_get_memory(heap, &memory);
    printf("Current: %.1f KB\nPeak: %.1f KB\n", (double)memory.current / 1024,
           (double)memory.peak / 1024);
    EXPECT(memory.current == 0 && memory.peak > 8000000);
    tn_trace_stop(heap);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
