// SPDX-License-Identifier: MIT
//
// A heap with a random graph, dumped in every form, and what the library itself says of each
// object: for readers that work it out anew.
//
//     heapsnapshot_graph FOLDER [SEED]
//
// FOLDER gets graph.heapsnapshot, graph.ndjson, graph.collapsed and graph.expected.
#include <stdio.h>
#include <stdlib.h>

#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { NODES = 1500, HELD = 60, EDGES = 9000 };

static uint64_t state;

static size_t
some(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void
must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static FILE *
open_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    must(file != NULL, path);
    return file;
}

// --- The graph -----------------------------------------------------------------------------------

static tn_type *
node_type(tn_heap *heap)
{
    static const char *const slots[] = {"left", "right", "more", NULL};
    const tn_type_spec spec = {.name = "Node", .slots = slots, .flags = TN_WEAK};
    tn_type *type;
    must(tn_type_register(heap, &spec, &type) == TN_OK, "a type");
    return type;
}

static tn_object *
make_leaf(tn_heap *heap)
{
    static const char text[200];
    return some(2) ? tn_str_new(heap, text, some(sizeof text)) : tn_list_new(heap);
}

// A node holds others, a list of some, or a leaf; some are watched by a weak reference of another.
static __attribute__((noinline)) void
connect(tn_heap *heap, tn_object **nodes)
{
    tn_object *from = nodes[some(NODES)], *to = nodes[some(NODES)], *weak = NULL;
    size_t slot = some(3);
    switch (some(6)) {
    case 0:
        tn_slot_set_steal(from, slot, tn_ref(make_leaf(heap)));
        break;
    case 1:
        must(tn_weak_new(to, &weak) == TN_OK, "a weak reference");
        tn_slot_set_steal(from, slot, tn_ref(weak));
        break;
    default:
        tn_slot_set(from, slot, tn_ref(to));
    }
}

static __attribute__((noinline)) void
build(tn_heap *heap, tn_object **nodes)
{
    tn_type *type = node_type(heap);
    must(tn_trace_start(heap, &(tn_trace_options){.mode = TN_TRACE_EXACT, .frames = 4}) == TN_OK,
         "tracing");
    for (size_t i = 0; i < NODES; i++)
        must((nodes[i] = tn_new(heap, type)) != NULL, "a node");
    for (size_t i = 0; i < EDGES; i++)
        connect(heap, nodes);
    for (size_t i = HELD; i < NODES; i++)
        tn_decref(nodes[i]);
    must(tn_gc_collect(heap, 2, NULL) == TN_OK, "a collection");
}

// --- What the library says -----------------------------------------------------------------------

static void
write_object(const tn_object *o, FILE *out, const char *comma)
{
    tn_deep_size deep;
    must(tn_sizeof_deep(o, &deep) == TN_OK, "a deep size");
    fprintf(out, "%s{\"id\":%llu,\"bytes\":%zu,\"exclusive\":%zu}", comma,
            (unsigned long long)tn_serial(o), tn_sizeof(o), deep.exclusive_bytes);
}

struct writing {
    FILE *out;
    const char *comma;
};

static bool
write_next(tn_object *o, void *arg)
{
    struct writing *w = arg;
    write_object(o, w->out, w->comma);
    w->comma = ",\n";
    return true;
}

static void
write_expected(tn_heap *heap, FILE *out, const tn_dump_counts *counts)
{
    struct writing w = {out, ""};
    tn_memory memory;
    tn_memory_get(heap, &memory);
    fprintf(out, "{\"bytes\":%zu,\"objects\":%zu,\"edges\":%zu,\"tracked\":[", memory.current,
            counts->objects, counts->edges);
    tn_objects_visit(heap, write_next, &w);
    fputs("]}\n", out);
    fclose(out);
}

// --- Dumps ---------------------------------------------------------------------------------------

static FILE *
take(tn_heap *heap)
{
    FILE *records = tmpfile();
    tn_dump *dump;
    bool more = true;
    must(records != NULL && tn_dump_begin(heap, NULL, &dump) == TN_OK, "a dump");
    while (more)
        must(tn_dump_step(dump, 0, &more) == TN_OK && tn_dump_flush(dump, records) == TN_OK,
             "a slice");
    tn_dump_end(dump);
    return records;
}

static void
write_forms(const char *folder, FILE *records, tn_dump_counts *counts)
{
    tn_snapshot *snapshot;
    FILE *a = open_file(folder, "graph.heapsnapshot"), *b = open_file(folder, "graph.ndjson"),
         *c = open_file(folder, "graph.collapsed");
    must(tn_dump_write_heapsnapshot(records, a, counts) == TN_OK, "the heap snapshot");
    must(tn_dump_write_ndjson(records, b, NULL) == TN_OK, "the lines");
    must(tn_dump_snapshot(records, NULL, &snapshot) == TN_OK, "the snapshot");
    must(tn_snapshot_write_collapsed(snapshot, c) == TN_OK, "the stacks");
    tn_snapshot_free(snapshot);
    fclose(a);
    fclose(b);
    fclose(c);
    fclose(records);
}

int
main(int argc, char **argv)
{
    static tn_object *nodes[NODES];
    tn_dump_counts counts;
    must(argc > 1, "FOLDER");
    state = argc > 2 ? 2 * strtoull(argv[2], NULL, 10) + 1 : 1;
    tn_heap *heap = tn_heap_new(NULL);
    build(heap, nodes);
    write_forms(argv[1], take(heap), &counts);
    write_expected(heap, open_file(argv[1], "graph.expected"), &counts);
    for (size_t i = 0; i < HELD; i++)
        TN_CLEAR(nodes[i]);
    must(tn_gc_collect(heap, 2, NULL) == TN_OK && tn_heap_free(heap) == 0, "the end");
    return 0;
}
