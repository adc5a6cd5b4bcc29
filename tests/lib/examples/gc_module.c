// SPDX-License-Identifier: MIT
//
// gc.get_objects, gc.get_referrers, gc.get_referents and gc.set_debug: who is there, who refers to
// whom, and what the collector does.
#include "expect.h"

#include <string.h>
#include <tenure/containers.h>
#include <tenure/inspect.h>

static const char *const class_slots[] = {"data", NULL};

static size_t sentences; // of the collector
static void
print_sentence(void *arg, const char *sentence)
{
    puts(sentence);
    sentences++;
}

// print(f"GC tracking {len(gc.get_objects())} objects")
static size_t
count_objects(tn_heap *heap)
{
    tn_object *all;
    EXPECT(tn_objects_get(heap, TN_ALL_GENERATIONS, &all) == TN_OK);
    size_t count = tn_list_len(all);
    tn_decref(all);
    printf("GC tracking %zu objects\n", count);
    return count;
}

static void
show_referrers(tn_object *x)
{
    tn_reference rows[4];
    size_t count = tn_referrers_get(&x, 1, rows, 4);
    printf("x has %zu referrers\n", count);
    for (size_t i = 0; i < count; i++)
        printf("  a %s has it at %s\n", tn_type_name(tn_type_of(rows[i].holder)), rows[i].place);
    EXPECT(count == 1 && strcmp(rows[0].place, ".data") == 0);
}

static void
show_referents(tn_object *obj, const tn_object *expected)
{
    tn_object *child;
    EXPECT(tn_referents_get(&obj, 1, &child, 1) == 1 && child == expected);
    printf("obj refers to a %s of %zu items\n", tn_type_name(tn_type_of(child)),
           tn_list_len(child));
}

// What Python's gc lacks: not only who refers to it, but why it is alive.
static void
show_path(const tn_object *x)
{
    tn_reference rows[8];
    size_t length;
    EXPECT(tn_path_get(x, 0, rows, 8, &length) == TN_OK && length == 2);
    for (size_t i = 0; i < length; i++)
        printf("%s%s%s", i > 0 ? " -> " : "", tn_type_name(tn_type_of(rows[i].holder)),
               rows[i].place);
    puts(": that is why x is alive");
}

static void
collect_with_statistics(tn_heap *heap)
{
    tn_gc_result result;
    tn_gc_set_debug(heap, TN_GC_DEBUG_STATS);
    EXPECT(tn_gc_collect(heap, 2, &result) == TN_OK);
    EXPECT(sentences > 0);
    tn_gc_set_debug(heap, 0);
    sentences = 0;
    EXPECT(tn_gc_collect(heap, 2, &result) == TN_OK);
    EXPECT(sentences == 0);
}

int
main(void)
{
    tn_heap *heap = tn_heap_new(&(tn_heap_options){.report = print_sentence});
    tn_type *class_;
    tn_type_spec spec = {.name = "MyClass", .slots = class_slots};
    EXPECT(tn_type_register(heap, &spec, &class_) == TN_OK);

    tn_object *x = tn_list_new(heap); // obj.data = [1, 2, 3]
    for (int i = 1; i <= 3; i++)
        EXPECT(tn_list_append(x, tn_int(i)) == TN_OK);
    tn_object *obj = tn_new(heap, class_);
    tn_slot_set_steal(obj, 0, tn_ref(x));

    EXPECT(count_objects(heap) == 2);
    show_referrers(x);
    show_referents(obj, x);
    show_path(x);
    collect_with_statistics(heap);

    tn_decref(obj);
    EXPECT(count_objects(heap) == 0);
    EXPECT(tn_heap_free(heap) == 0);
    return 0;
}
