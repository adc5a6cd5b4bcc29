// SPDX-License-Identifier: MIT
//
// Claim: an object costs about as much as its bytes from an allocator, and a weak look-up a tenth
// of Python's.
//
// Usage: bench_operations N: N operations a batch, each figure the median of several batches.
#include "bench.h"

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { IN_FLIGHT = 1000 };

struct stage {
    tn_heap *heap;
    tn_type *plain, *weak; // of three slots each; the second with weak references
    tn_object *ring[IN_FLIGHT];
    tn_object *one, *reference; // an object and a weak reference to it
    tn_object *map;             // weak: 0 to IN_FLIGHT - 1, to the objects of the ring
    int64_t next;               // key that the map never had
};

static tn_type *
new_type(tn_heap *heap, const char *name, unsigned flags)
{
    static const char *const slots[] = {"a", "b", "c", NULL};
    tn_type *type;
    tn_type_spec spec = {.name = name, .slots = slots, .flags = flags};
    bench_must(tn_type_register(heap, &spec, &type) == TN_OK, "registering a type");
    return type;
}

// No test for NULL: a program that tests pays for it, and malloc's side does not test either.
static inline tn_object * /* new */
new_filled(struct stage *s)
{
    tn_object *o = tn_new(s->heap, s->plain);
    tn_slot_set(o, 0, tn_int(1));
    tn_slot_set(o, 1, tn_int(2));
    tn_slot_set(o, 2, tn_int(3));
    return o;
}

// --- Operations ------------------------------------------------------------------------------

static void
create(void *arg, size_t count)
{
    struct stage *s = arg;
    for (size_t i = 0; i < count; i++) {
        tn_object *o = new_filled(s);
        bench_keep(o);
        tn_decref(o);
    }
}

static void
create_in_flight(void *arg, size_t count)
{
    struct stage *s = arg;
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < IN_FLIGHT ? at + 1 : 0) {
        tn_decref(s->ring[at]);
        s->ring[at] = new_filled(s);
    }
}

static void
read_weak(void *arg, size_t count)
{
    struct stage *s = arg;
    for (size_t i = 0; i < count; i++) {
        tn_object *o = tn_weak_get(s->reference);
        bench_keep(o);
        tn_decref(o);
    }
}

static void
hit_map(void *arg, size_t count)
{
    struct stage *s = arg;
    for (size_t i = 0, key = 0; i < count; i++, key = key + 1 < IN_FLIGHT ? key + 1 : 0) {
        tn_object *o = tn_weakmap_get(s->map, tn_int((int64_t)key));
        bench_keep(o);
        tn_decref(o);
    }
}

static void
insert_and_die(void *arg, size_t count)
{
    struct stage *s = arg;
    for (size_t i = 0; i < count; i++) {
        tn_object *o = tn_new(s->heap, s->weak);
        bench_must(tn_weakmap_set(s->map, tn_int(s->next++), o) == TN_OK, "entering an object");
        tn_decref(o);
    }
}

// --- The stage -------------------------------------------------------------------------------

static void
stage_init(struct stage *s)
{
    *s = (struct stage){.heap = tn_heap_new(NULL), .next = IN_FLIGHT};
    bench_must(s->heap != NULL, "making a heap");
    s->plain = new_type(s->heap, "Plain", 0);
    s->weak = new_type(s->heap, "Weak", TN_WEAK);
    s->map = tn_weakmap_new(s->heap);
    s->one = tn_new(s->heap, s->weak);
    bench_must(s->map && s->one, "making the stage");
    bench_must(tn_weak_new(s->one, &s->reference) == TN_OK, "making a weak reference");
}

static void
clear_ring(struct stage *s)
{
    for (int i = 0; i < IN_FLIGHT; i++)
        TN_CLEAR(s->ring[i]);
}

static void
measure_traced(struct stage *s, tn_trace_mode mode, const char *name, size_t count)
{
    tn_trace_options options = {.mode = mode};
    bench_must(tn_trace_start(s->heap, &options) == TN_OK, "starting to trace");
    bench_measure(name, create, s, count);
    tn_trace_stop(s->heap);
}

static void
fill_map(struct stage *s)
{
    for (int i = 0; i < IN_FLIGHT; i++) {
        s->ring[i] = tn_new(s->heap, s->weak);
        bench_must(s->ring[i] && tn_weakmap_set(s->map, tn_int(i), s->ring[i]) == TN_OK,
                   "filling the map");
    }
}

static void
print_instance(struct stage *s)
{
    tn_object *o = new_filled(s);
    bench_print("instance", (double)tn_sizeof(o), "B");
    tn_decref(o);
}

static void
print_dict_instance(struct stage *s)
{
    static const char *const names[] = {"a", "b", "c"};
    tn_type_spec spec = {.name = "Dict", .layout = TN_LAYOUT_DICT};
    tn_type *type;
    bench_must(tn_type_register(s->heap, &spec, &type) == TN_OK, "registering a type");
    tn_object *o = tn_new(s->heap, type);
    for (int i = 0; i < 3; i++)
        bench_must(tn_set(o, names[i], tn_int(i)) == TN_OK, "setting an attribute");
    bench_print("instance_dict", (double)tn_sizeof(o), "B");
    tn_decref(o);
}

static void
stage_fini(struct stage *s)
{
    clear_ring(s);
    tn_decref(s->reference);
    tn_decref(s->one);
    tn_decref(s->map);
    bench_must(tn_heap_free(s->heap) == 0, "leaving nothing behind");
}

int
main(int argc, char **argv)
{
    struct stage s;
    bench_must(argc == 2, "reading N");
    size_t count = bench_read_count(argv[1]);
    stage_init(&s);
    bench_measure("create", create, &s, count);
    bench_measure("create_in_flight", create_in_flight, &s, count);
    clear_ring(&s);
    measure_traced(&s, TN_TRACE_SAMPLED, "create_sampled", count);
    measure_traced(&s, TN_TRACE_EXACT, "create_exact", count);
    bench_measure("create_again", create, &s, count);
    bench_measure("read_weak", read_weak, &s, count);
    fill_map(&s);
    bench_measure("hit_map", hit_map, &s, count);
    bench_measure("insert_and_die", insert_and_die, &s, count);
    print_instance(&s);
    print_dict_instance(&s);
    stage_fini(&s);
    return 0;
}
