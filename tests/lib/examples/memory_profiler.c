// SPDX-License-Identifier: MIT
//
// How much each line of a function added: Python's memory_profiler in C, with exact bytes.
#include "expect.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

// [value] * count
static tn_object * /* new */
repeat(tn_heap *heap, int64_t value, size_t count)
{
    tn_value *values = malloc(count * sizeof *values);
    EXPECT(values != NULL);
    for (size_t i = 0; i < count; i++)
        values[i] = tn_int(value);
    tn_object *tuple = tn_tuple_new(heap, values, count);
    EXPECT(tuple != NULL);
    free(values);
    return tuple;
}

// clang-format off
static tn_object * /* new */
my_function(tn_heap *heap, tn_profiler *p)
{
    TN_PROFILE(p);
    tn_object *a = repeat(heap, 1, 1000000); TN_LINE(p);
    tn_object *b = repeat(heap, 2, 2000000); TN_LINE(p);
    tn_decref(b);                            TN_LINE(p);
    tn_object *c = repeat(heap, 3, 3000000); TN_LINE(p);
    tn_decref(a);
    return TN_RETURN(p, c);
}
// clang-format on

// With the name of a file, the timeline goes there, for lib/tools/timeline.sh to draw.
int
main(int argc, char **argv)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_profiler *p = tn_profiler_new(heap);
    EXPECT(p != NULL);
    FILE *timeline = argc > 1 ? fopen(argv[1], "w") : NULL;
    tn_profiler_timeline(p, timeline);
    tn_decref(my_function(heap, p));
    tn_profiler_timeline(p, NULL);
    EXPECT(timeline == NULL || fclose(timeline) == 0);
    EXPECT(tn_profiler_report(p, 1, "..", stdout) == TN_OK);

    tn_line lines[6];
    EXPECT(tn_profiler_get(p, "my_function", lines, 6) == 6);
    EXPECT(lines[1].increment / 1000000 == 8);   // 7.6 MiB
    EXPECT(lines[2].increment / 1000000 == 16);  // 15.3 MiB
    EXPECT(lines[3].increment / 1000000 == -16); // what del b gave back
    EXPECT(lines[4].increment / 1000000 == 24);  // 22.9 MiB
    tn_profiler_free(p);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
