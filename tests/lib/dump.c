// SPDX-License-Identifier: MIT
//
// Heap dumps of known graphs: lib/src/inspect/dump.c, recording.c, and the three forms.
#include "dumped.h"
#include "heap_fixture.h"

#include <errno.h>
#include <tenure/containers.h>

enum { SIZE = 3, DEGREE = 4, TRACE = 5 };

static const char *const node_slots[] = {"left", "right", NULL};

static size_t
number_of(const json_t *snapshot, const char *name)
{
    json_t *head = json_object_get(snapshot, "snapshot");
    return (size_t)json_integer_value(json_object_get(head, name));
}

// Where the references of the [i]-th node begin.
static size_t
first_edge(const json_t *snapshot, size_t i)
{
    size_t edge = 0;
    for (size_t n = 0; n < i; n++)
        edge += (size_t)dumped_field(snapshot, n, DEGREE);
    return edge;
}

static json_int_t
edge_field(const json_t *snapshot, size_t edge, size_t field)
{
    return json_integer_value(json_array_get(json_object_get(snapshot, "edges"), edge * 3 + field));
}

// The type of the one reference from a node to another, -1 where there is none; [name] is its name
// or number.
static int
edge_type(const json_t *snapshot, long from, long to, json_int_t *name)
{
    size_t edge = first_edge(snapshot, (size_t)from);
    for (json_int_t i = 0; i < dumped_field(snapshot, (size_t)from, DEGREE); i++, edge++)
        if (edge_field(snapshot, edge, 2) == to * 7) {
            *name = edge_field(snapshot, edge, 1);
            return (int)edge_field(snapshot, edge, 0);
        }
    return -1;
}

static const char *
text_of(const json_t *snapshot, json_int_t number)
{
    return json_string_value(json_array_get(json_object_get(snapshot, "strings"), (size_t)number));
}

// --- The graph -----------------------------------------------------------------------------------

// root: a list of a node, whose left is a str and whose right is the node itself; a dict of a str
// to the node; a weak reference to the node; a weak map of a str to the node.
typedef struct graph {
    tn_type *type;
    tn_object *root, *node, *text, *dict, *key, *weak, *map;
} graph;

static void
graph_make(tn_heap *heap, graph *g)
{
    g->type = heap_type(heap, "Node", node_slots, TN_WEAK);
    g->node = tn_new(heap, g->type);
    g->text = heap_str(heap, "secret");
    g->key = heap_str(heap, "name");
    g->dict = tn_dict_new(heap);
    g->map = tn_weakmap_new(heap);
    g->root = tn_list_new(heap);
    g->weak = heap_weak_to(g->node);
    tn_slot_set(g->node, 0, tn_ref(g->text));
    tn_slot_set(g->node, 1, tn_ref(g->node));
    assert_int_equal(tn_dict_set(g->dict, tn_ref(g->key), tn_ref(g->node)), TN_OK);
    assert_int_equal(tn_weakmap_set(g->map, tn_ref(g->key), g->node), TN_OK);
    assert_int_equal(tn_list_append_steal(g->root, tn_ref(g->node)), TN_OK);
    assert_int_equal(tn_list_append_steal(g->root, tn_ref(g->dict)), TN_OK);
    assert_int_equal(tn_list_append_steal(g->root, tn_ref(g->weak)), TN_OK);
    assert_int_equal(tn_list_append_steal(g->root, tn_ref(g->map)), TN_OK);
    tn_decref(g->text);
    tn_decref(g->key);
}

static void
graph_drop(tn_heap *heap, graph *g)
{
    tn_slot_set(g->node, 1, TN_ABSENT);
    TN_CLEAR(g->root);
    heap_collect(heap, 2);
}

static void
every_reference_of_a_known_graph_is_an_edge(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    tn_dump_counts counts;
    graph_make(heap, &g);
    FILE *records = dumped_records(heap, NULL, 0);
    json_t *lines = dumped_lines(records, &counts);
    assert_int_equal(json_array_size(lines), 7);
    assert_int_equal(counts.objects, 7);
    assert_int_equal(counts.dropped, 0);
    json_t *node = dumped_line(lines, tn_serial(g.node));
    json_t *refs = json_object_get(node, "refs"), *map = dumped_line(lines, tn_serial(g.map));
    assert_int_equal(json_array_size(refs), 2);
    assert_true(dumped_has(refs, tn_serial(g.text)) && dumped_has(refs, tn_serial(g.node)));
    assert_string_equal(json_string_value(json_object_get(node, "type")), "Node");
    assert_int_equal(json_integer_value(json_object_get(node, "references")), 3);
    assert_int_equal(json_integer_value(json_object_get(node, "bytes")), tn_sizeof(g.node));
    assert_true(dumped_has(json_object_get(map, "weak"), tn_serial(g.node)));
    assert_true(dumped_has(json_object_get(map, "refs"), tn_serial(g.key)));
    json_t *weak = dumped_line(lines, tn_serial(g.weak));
    assert_true(dumped_has(json_object_get(weak, "weak"), tn_serial(g.node)));
    assert_int_equal(json_array_size(json_object_get(weak, "refs")), 0);
    json_decref(lines);
    fclose(records);
    graph_drop(heap, &g);
}

static void
a_heapsnapshot_names_what_a_reference_is(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    json_int_t name;
    graph_make(heap, &g);
    FILE *records = dumped_records(heap, NULL, 0);
    json_t *s = dumped_snapshot(records, NULL);
    long node = dumped_find(s, tn_serial(g.node)), dict = dumped_find(s, tn_serial(g.dict));
    assert_int_equal(edge_type(s, node, dumped_find(s, tn_serial(g.text)), &name), 2);
    assert_string_equal(text_of(s, name), "left");
    assert_int_equal(edge_type(s, dumped_find(s, tn_serial(g.root)), dict, &name), 1);
    assert_int_equal(name, 1);
    assert_int_equal(edge_type(s, dict, dumped_find(s, tn_serial(g.key)), &name), 3);
    assert_int_equal(edge_type(s, dict, node, &name), 1);
    assert_int_equal(edge_type(s, dumped_find(s, tn_serial(g.weak)), node, &name), 6);
    assert_int_equal(edge_type(s, dumped_find(s, tn_serial(g.map)), node, &name), 6);
    assert_string_equal(dumped_name(s, (size_t)node), "Node");
    json_decref(s);
    fclose(records);
    graph_drop(heap, &g);
}

static void
below_the_root_the_heap_holds_what_is_held_from_outside(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    json_int_t name;
    graph_make(heap, &g);
    FILE *records = dumped_records(heap, &(tn_dump_options){.name = "shard 0"}, 0);
    json_t *s = dumped_snapshot(records, NULL);
    assert_string_equal(dumped_name(s, 0), "");
    assert_string_equal(dumped_name(s, 1), "(GC roots)");
    assert_string_equal(dumped_name(s, 2), "shard 0");
    assert_int_equal(edge_type(s, 0, 1, &name), 1);
    assert_int_equal(edge_type(s, 0, 2, &name), 5);
    assert_string_equal(text_of(s, name), "shard 0");
    assert_int_equal(dumped_field(s, 2, DEGREE), 1);
    assert_int_equal(edge_type(s, 2, dumped_find(s, tn_serial(g.root)), &name), 1);
    json_decref(s);
    fclose(records);
    graph_drop(heap, &g);
}

// What its counts and the loader's own rules demand of any snapshot.
static void
expect_consistent(const json_t *s)
{
    size_t nodes = json_array_size(json_object_get(s, "nodes"));
    size_t edges = json_array_size(json_object_get(s, "edges"));
    assert_int_equal(nodes, 7 * number_of(s, "node_count"));
    assert_int_equal(edges, 3 * number_of(s, "edge_count"));
    assert_int_equal(first_edge(s, nodes / 7), edges / 3);
    for (size_t i = 0; i < edges / 3; i++) {
        assert_int_equal(edge_field(s, i, 2) % 7, 0);
        assert_true(edge_field(s, i, 2) < (json_int_t)nodes);
    }
    for (size_t i = 0; i < nodes / 7; i++) {
        assert_non_null(dumped_name(s, i));
        assert_int_equal(dumped_field(s, i, 2) % 2, 1);
    }
}

static void
the_sizes_of_all_nodes_are_the_bytes_of_the_heap(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    graph_make(heap, &g);
    tn_type *domain = heap_type(heap, "index", NULL, TN_DOMAIN);
    void *buffer = tn_buffer_alloc(heap, domain, 5000);
    FILE *records = dumped_records(heap, NULL, 0);
    json_t *s = dumped_snapshot(records, NULL);
    json_int_t sum = 0, name;
    for (size_t i = 0; i < number_of(s, "node_count"); i++)
        sum += dumped_field(s, i, SIZE);
    assert_int_equal(sum, heap_current(heap));
    assert_string_equal(dumped_name(s, 3), "index");
    assert_int_equal(dumped_field(s, 3, SIZE), 5000);
    assert_int_equal(edge_type(s, 2, 3, &name), 2);
    expect_consistent(s);
    json_decref(s);
    fclose(records);
    tn_buffer_free(heap, domain, buffer, 5000);
    graph_drop(heap, &g);
}

static void
ids_are_the_same_in_the_next_dump(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    graph_make(heap, &g);
    FILE *first = dumped_records(heap, NULL, 0), *second = dumped_records(heap, NULL, 1000000);
    char *a = dumped_text(tn_dump_write_heapsnapshot, first, NULL);
    char *b = dumped_text(tn_dump_write_heapsnapshot, second, NULL);
    assert_string_equal(a, b);
    free(a);
    free(b);
    fclose(first);
    fclose(second);
    graph_drop(heap, &g);
}

static void
two_heaps_in_one_file_stay_apart(void **state)
{
    tn_heap *heap = heap_fixture_heap(state), *other = tn_heap_new(NULL);
    graph g, h;
    tn_dump_counts counts;
    graph_make(heap, &g);
    graph_make(other, &h);
    FILE *records = dumped_records(heap, &(tn_dump_options){.name = "one"}, 0);
    FILE *more = dumped_records(other, &(tn_dump_options){.name = "two"}, 0);
    rewind(more);
    for (int c; (c = getc(more)) != EOF;)
        putc(c, records);
    json_t *s = dumped_snapshot(records, &counts);
    expect_consistent(s);
    assert_int_equal(counts.objects, 14);
    assert_int_equal(counts.dropped, 0);
    assert_string_equal(dumped_name(s, 2), "one");
    assert_string_equal(dumped_name(s, 3), "two");
    assert_true(dumped_find(s, tn_serial(g.node)) < dumped_find(s, tn_serial(h.node)));
    json_decref(s);
    fclose(records);
    fclose(more);
    graph_drop(other, &h);
    tn_heap_free(other);
    graph_drop(heap, &g);
}

// --- Values --------------------------------------------------------------------------------------

static void
values_are_there_only_when_asked_for(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    graph_make(heap, &g);
    dumped_pass *const passes[] = {tn_dump_write_heapsnapshot, tn_dump_write_ndjson};
    for (int with = 0; with < 2; with++) {
        FILE *records = dumped_records(heap, &(tn_dump_options){.include_values = with}, 0);
        for (int i = 0; i < 2; i++) {
            char *text = dumped_text(passes[i], records, NULL);
            assert_int_equal(strstr(text, "secret") != NULL, with);
            free(text);
        }
        fclose(records);
    }
    graph_drop(heap, &g);
}

static void
any_bytes_make_good_json(void **state)
{
    static const char bytes[] = "a\"\\\n\x01\xc3\xa9\xff\xed\xa0\x80\xf0\x9f\x98\x80\xc0\x80";
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *s = tn_str_new(heap, bytes, sizeof bytes - 1);
    FILE *records = dumped_records(heap, &(tn_dump_options){.include_values = true}, 0);
    json_t *lines = dumped_lines(records, NULL), *snapshot = dumped_snapshot(records, NULL);
    const char *value = json_string_value(json_object_get(json_array_get(lines, 0), "value"));
    assert_string_equal(value, "a\"\\\n\x01\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                               "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(dumped_name(snapshot, 3), value);
    json_decref(lines);
    json_decref(snapshot);
    fclose(records);
    tn_decref(s);
}

static void
numbers_are_values_and_long_strings_are_cut_off(void **state)
{
    static char bytes[TN_DUMP_VALUE * 2];
    tn_heap *heap = heap_fixture_heap(state);
    tn_value big;
    memset(bytes, 'x', sizeof bytes);
    tn_object *s = tn_str_new(heap, bytes, sizeof bytes), *f = tn_float_new(heap, 1.5);
    assert_int_equal(tn_int_new(heap, INT64_MIN, &big), TN_OK);
    FILE *records = dumped_records(heap, &(tn_dump_options){.include_values = true}, 0);
    json_t *lines = dumped_lines(records, NULL);
    json_t *of_s = json_object_get(dumped_line(lines, tn_serial(s)), "value");
    json_t *of_f = json_object_get(dumped_line(lines, tn_serial(f)), "value");
    json_t *of_i = json_object_get(dumped_line(lines, tn_serial(tn_as_object(big))), "value");
    assert_int_equal(json_string_length(of_s), TN_DUMP_VALUE);
    assert_true(json_real_value(of_f) == 1.5);
    assert_true(json_integer_value(of_i) == INT64_MIN);
    json_decref(lines);
    fclose(records);
    tn_decref(s);
    tn_decref(f);
    tn_decref_value(big);
}

// --- Call sites ----------------------------------------------------------------------------------

static __attribute__((noinline)) tn_object *
make_traced(tn_heap *heap)
{
    return tn_list_new(heap);
}

static void
a_traced_object_has_its_call_site(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *before = tn_list_new(heap);
    assert_int_equal(tn_trace_start(heap, &(tn_trace_options){.mode = TN_TRACE_EXACT, .frames = 3}),
                     TN_OK);
    tn_object *o = make_traced(heap);
    FILE *records = dumped_records(heap, NULL, 0);
    json_t *lines = dumped_lines(records, NULL), *s = dumped_snapshot(records, NULL);
    json_t *site = json_object_get(dumped_line(lines, tn_serial(o)), "site");
    assert_string_equal(json_string_value(json_object_get(site, "function")), "make_traced");
    assert_true(json_is_null(json_object_get(dumped_line(lines, tn_serial(before)), "site")));
    assert_true(number_of(s, "trace_function_count") >= 2);
    assert_int_equal(json_array_size(json_object_get(s, "trace_function_infos")),
                     6 * number_of(s, "trace_function_count"));
    assert_true(dumped_field(s, (size_t)dumped_find(s, tn_serial(o)), TRACE) > 1);
    assert_int_equal(dumped_field(s, (size_t)dumped_find(s, tn_serial(before)), TRACE), 0);
    json_decref(lines);
    json_decref(s);
    fclose(records);
    tn_decref(o);
    tn_decref(before);
}

static void
tracing_may_start_anew_between_two_slices(void **state)
{
    enum { MANY = 4000 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *all = tn_list_new(heap);
    FILE *records = tmpfile();
    tn_dump *dump;
    bool more = true;
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(tn_list_append_steal(all, tn_ref(make_traced(heap))), TN_OK);
    assert_int_equal(tn_dump_begin(heap, NULL, &dump), TN_OK);
    for (int i = 0; more; i++) {
        assert_int_equal(tn_dump_step(dump, 0, &more), TN_OK);
        assert_int_equal(tn_dump_flush(dump, records), TN_OK);
        if (i % 3 == 0) {
            tn_trace_stop(heap);
            assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
            assert_int_equal(tn_list_append_steal(all, tn_ref(make_traced(heap))), TN_OK);
        }
    }
    tn_dump_end(dump);
    json_t *lines = dumped_lines(records, NULL);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *site = json_object_get(json_array_get(lines, i), "site");
        const char *function = json_string_value(json_object_get(site, "function"));
        assert_true(function == NULL || strcmp(function, "make_traced") == 0 ||
                    strcmp(function, __func__) == 0);
    }
    json_decref(lines);
    fclose(records);
    tn_decref(all);
}

static void
collapsed_stacks_of_a_dump_add_up_to_the_heap(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    tn_snapshot *snapshot;
    tn_snapshot_trace t;
    size_t sum = 0, count = 0;
    graph_make(heap, &g);
    assert_int_equal(tn_trace_start(heap, NULL), TN_OK);
    tn_object *o = make_traced(heap);
    FILE *records = dumped_records(heap, NULL, 0);
    assert_int_equal(tn_dump_snapshot(records, NULL, &snapshot), TN_OK);
    for (size_t i = 0; tn_snapshot_get(snapshot, i, &t); i++) {
        sum += t.bytes;
        count += t.count;
    }
    assert_int_equal(sum, heap_current(heap));
    assert_int_equal(count, 8);
    tn_snapshot_free(snapshot);
    fclose(records);
    tn_decref(o);
    graph_drop(heap, &g);
}

// --- In slices -----------------------------------------------------------------------------------

static void
a_second_dump_of_a_heap_has_to_wait(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    tn_dump *dump, *second;
    assert_int_equal(tn_dump_begin(heap, NULL, &dump), TN_OK);
    assert_int_equal(tn_dump_begin(heap, NULL, &second), TN_EBUSY);
    tn_dump_end(dump);
    assert_int_equal(tn_dump_begin(heap, NULL, &second), TN_OK);
    tn_dump_end(second);
    tn_dump_end(NULL);
}

static tn_object *
long_list(tn_heap *heap, size_t count)
{
    tn_object *list = tn_list_new(heap);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    return list;
}

// One slice without a budget writes 64 references or a few more.
static void
a_long_list_takes_many_slices(void **state)
{
    enum { MANY = 100000 };
    tn_heap *heap = heap_fixture_heap(state);
    tn_object *list = long_list(heap, MANY);
    FILE *records = tmpfile();
    tn_dump *dump;
    tn_dump_counts counts;
    bool more = true;
    size_t slices = 0;
    assert_int_equal(tn_dump_begin(heap, NULL, &dump), TN_OK);
    for (; more; slices++) {
        long before = ftell(records);
        assert_int_equal(tn_dump_step(dump, 0, &more), TN_OK);
        assert_int_equal(tn_dump_flush(dump, records), TN_OK);
        assert_true(ftell(records) - before < 1500);
    }
    tn_dump_end(dump);
    assert_true(slices > MANY / 130);
    assert_int_equal(tn_dump_count(records, &counts), TN_OK);
    assert_int_equal(counts.objects, 1);
    assert_int_equal(counts.edges, MANY);
    fclose(records);
    tn_list_clear(list);
    tn_decref(list);
}

static void
an_object_may_die_while_its_references_are_written(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    for (size_t steps = 1; steps < 40; steps++) {
        tn_object *list = long_list(heap, 1000);
        FILE *records = tmpfile();
        tn_dump *dump;
        tn_dump_counts counts;
        bool more = true;
        assert_int_equal(tn_dump_begin(heap, NULL, &dump), TN_OK);
        for (size_t i = 0; more; i++) {
            assert_int_equal(tn_dump_step(dump, 0, &more), TN_OK);
            assert_int_equal(tn_dump_flush(dump, records), TN_OK);
            if (i == steps) {
                tn_list_clear(list);
                TN_CLEAR(list);
                list = tn_list_new(heap);
            }
        }
        tn_dump_end(dump);
        assert_int_equal(tn_dump_count(records, &counts), TN_OK);
        fclose(records);
        tn_list_clear(list);
        tn_decref(list);
    }
}

// --- Errors --------------------------------------------------------------------------------------

static void
records_that_are_cut_off_are_refused(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    tn_dump_counts counts;
    graph_make(heap, &g);
    FILE *records = dumped_records(heap, &(tn_dump_options){.include_values = true}, 0);
    long size = ftell(records);
    char *bytes = malloc((size_t)size);
    rewind(records);
    assert_int_equal(fread(bytes, 1, (size_t)size, records), size);
    for (long len = 0; len < size; len++) {
        FILE *part = tmpfile();
        fwrite(bytes, 1, (size_t)len, part);
        assert_int_equal(tn_dump_count(part, &counts), TN_EINVAL);
        fclose(part);
    }
    free(bytes);
    fclose(records);
    graph_drop(heap, &g);
}

static void
a_full_disk_is_an_error(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    graph g;
    tn_dump *dump;
    bool more;
    graph_make(heap, &g);
    FILE *records = dumped_records(heap, NULL, 0), *full = fopen("/dev/full", "w");
    assert_int_equal(tn_dump_write_heapsnapshot(records, full, NULL), TN_EFILE);
    assert_int_equal(errno, ENOSPC);
    fclose(full);
    full = fopen("/dev/full", "w");
    assert_int_equal(tn_dump_write_ndjson(records, full, NULL), TN_EFILE);
    assert_int_equal(tn_dump_begin(heap, NULL, &dump), TN_OK);
    assert_int_equal(tn_dump_step(dump, UINT32_MAX, &more), TN_OK);
    assert_int_equal(tn_dump_flush(dump, full), TN_EFILE);
    tn_dump_end(dump);
    fclose(full);
    fclose(records);
    graph_drop(heap, &g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(every_reference_of_a_known_graph_is_an_edge),
        HEAP_TEST(a_heapsnapshot_names_what_a_reference_is),
        HEAP_TEST(below_the_root_the_heap_holds_what_is_held_from_outside),
        HEAP_TEST(the_sizes_of_all_nodes_are_the_bytes_of_the_heap),
        HEAP_TEST(ids_are_the_same_in_the_next_dump),
        HEAP_TEST(two_heaps_in_one_file_stay_apart),
        HEAP_TEST(values_are_there_only_when_asked_for),
        HEAP_TEST(any_bytes_make_good_json),
        HEAP_TEST(numbers_are_values_and_long_strings_are_cut_off),
        HEAP_TEST(a_traced_object_has_its_call_site),
        HEAP_TEST(tracing_may_start_anew_between_two_slices),
        HEAP_TEST(collapsed_stacks_of_a_dump_add_up_to_the_heap),
        HEAP_TEST(a_second_dump_of_a_heap_has_to_wait),
        HEAP_TEST(a_long_list_takes_many_slices),
        HEAP_TEST(an_object_may_die_while_its_references_are_written),
        HEAP_TEST(records_that_are_cut_off_are_refused),
        HEAP_TEST(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
