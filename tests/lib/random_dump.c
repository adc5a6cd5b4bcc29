// SPDX-License-Identifier: MIT
//
// Dumps of a heap that changes between the slices, beside brute force.
//
// After each slice, while nothing can have changed, the records that it wrote are read here, by
// themselves, and compared with what the objects hold. From them follows what a pass must write:
// the references whose ends were written, and how many it drops.
#include "dumped.h"
#include "heap_fixture.h"

#include <stdlib.h>
#include <tenure/containers.h>

enum { OBJECTS = 600, NODES = 30, LONG = 20, CHANGES = 8, MOST = 100000 };

typedef struct edge {
    uint64_t from, to;
} edge;

typedef struct world {
    dice d;
    tn_heap *heap;
    tn_type *node; // weakly referable
    tn_object *nodes[NODES];
    tn_object *held[OBJECTS]; // lists of lists, and of weak references to nodes
    bool is_old[OBJECTS];     // was there when the dump began
    uint64_t written[MOST];   // serials
    size_t written_count;
    edge edges[MOST];
    size_t edge_count, lost;
    long read; // of the records
} world;

// --- Changes -------------------------------------------------------------------------------------

static bool
has_room(const tn_object *list)
{
    return list != NULL && tn_list_len(list) < LONG;
}

static void
replace_node(world *w)
{
    tn_object **node = &w->nodes[dice_below(&w->d, NODES)];
    TN_CLEAR(*node);
    *node = tn_new(w->heap, w->node);
}

static void
add_weak(world *w, tn_object *list)
{
    tn_object *node = w->nodes[dice_below(&w->d, NODES)];
    if (node != NULL && has_room(list))
        assert_int_equal(tn_list_append_steal(list, tn_ref(heap_weak_to(node))), TN_OK);
}

static void
replace_list(world *w, size_t i)
{
    w->is_old[i] = false;
    TN_CLEAR(w->held[i]);
    if (dice_chance(&w->d, 60))
        w->held[i] = tn_list_new(w->heap);
}

static void
change(world *w)
{
    size_t i = dice_below(&w->d, OBJECTS);
    tn_object *list = w->held[i], *other = w->held[dice_below(&w->d, OBJECTS)];
    switch (dice_below(&w->d, 8)) {
    case 0:
        replace_list(w, i);
        break;
    case 1:
        replace_node(w);
        break;
    case 2:
        add_weak(w, list);
        break;
    case 3:
        if (has_room(list))
            assert_int_equal(tn_list_append_steal(list, tn_ref(heap_str(w->heap, "text"))), TN_OK);
        break;
    case 4:
        if (list != NULL)
            tn_list_clear(list);
        break;
    case 5:
        if (dice_chance(&w->d, 20))
            assert_int_equal(tn_gc_step(w->heap, dice_below(&w->d, 3) * 1000, NULL), TN_OK);
        break;
    default:
        if (has_room(list) && other != NULL)
            assert_int_equal(tn_list_append(list, tn_ref(other)), TN_OK);
    }
}

// --- Records, read without the library's reader --------------------------------------------------

static uint64_t
number(FILE *in)
{
    uint64_t n = 0;
    int c = 128;
    for (unsigned shift = 0; c >= 128; shift += 7) {
        c = getc(in);
        assert_int_not_equal(c, EOF);
        n |= (uint64_t)(c & 127) << shift;
    }
    return n;
}

static void
skip_text(FILE *in)
{
    for (uint64_t len = number(in); len > 0; len--)
        getc(in);
}

static void
skip_numbers(FILE *in, int count)
{
    while (count-- > 0)
        number(in);
}

static void
read_edges(world *w, FILE *in, uint64_t from)
{
    while (number(in) != 0) {
        assert_true(w->edge_count < MOST);
        w->edges[w->edge_count++] = (edge){from, number(in)};
    }
}

static void
read_type(FILE *in)
{
    skip_numbers(in, 2);
    skip_text(in);
    for (uint64_t slots = number(in); slots > 0; slots--)
        skip_text(in);
}

// What came since the last time.
static void
read_more(world *w, FILE *in)
{
    static uint64_t from;
    fseek(in, w->read, SEEK_SET);
    for (int tag; (tag = getc(in)) != EOF;) {
        switch (tag) {
        case 'H':
            skip_text(in);
            break;
        case 'T':
            read_type(in);
            break;
        case 'O':
            from = number(in);
            skip_numbers(in, 5);
            assert_true(w->written_count < MOST);
            w->written[w->written_count++] = from;
            break;
        case 'E':
            read_edges(w, in, from);
            break;
        case 'F':
            w->lost = number(in);
            break;
        default:
            fail_msg("a record of kind %c", tag);
        }
    }
    w->read = ftell(in);
}

// --- Brute force ---------------------------------------------------------------------------------

static size_t
edges_between(const world *w, size_t first, uint64_t from, uint64_t to)
{
    size_t count = 0;
    for (size_t i = first; i < w->edge_count; i++)
        count += w->edges[i].from == from && w->edges[i].to == to;
    return count;
}

static void
expect_list(const world *w, const tn_object *list, size_t first_edge, uint64_t serial)
{
    size_t count = 0;
    for (size_t i = first_edge; i < w->edge_count; i++)
        count += w->edges[i].from == serial;
    assert_int_equal(count, tn_list_len(list));
    for (size_t i = 0; i < tn_list_len(list); i++)
        assert_true(edges_between(w, first_edge, serial,
                                  tn_serial(tn_as_object(tn_list_borrow(list, i)))) > 0);
}

// Each object that the slice wrote has the references that it wrote; the last one's may not be
// complete.
static void
expect_slice(const world *w, size_t first, size_t first_edge)
{
    for (size_t i = first; i + 1 < w->written_count; i++) {
        tn_object *o = tn_serial_find(w->heap, w->written[i]);
        if (o != NULL && strcmp(tn_type_name(tn_type_of(o)), "list") == 0)
            expect_list(w, o, first_edge, w->written[i]);
        tn_decref(o);
    }
}

static bool
was_written(const world *w, uint64_t serial)
{
    bool found = false;
    for (size_t i = 0; i < w->written_count && !found; i++)
        found = w->written[i] == serial;
    return found;
}

static void
expect_counts(const world *w, const tn_dump_counts *counts)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->edge_count; i++)
        kept += was_written(w, w->edges[i].to);
    assert_int_equal(counts->objects, w->written_count);
    assert_int_equal(counts->edges, kept);
    assert_int_equal(counts->dropped, w->edge_count - kept + w->lost);
}

static void
expect_lines(const world *w, json_t *lines, const tn_dump_counts *counts)
{
    size_t refs = 0;
    assert_int_equal(json_array_size(lines), w->written_count);
    for (size_t i = 0; i < w->written_count; i++) {
        const json_t *line = json_array_get(lines, i), *ids = json_object_get(line, "refs");
        refs += json_array_size(json_object_get(line, "weak"));
        assert_int_equal(json_integer_value(json_object_get(line, "id")), w->written[i]);
        refs += json_array_size(ids);
        for (size_t r = 0; r < json_array_size(ids); r++)
            assert_true(was_written(w, (uint64_t)json_integer_value(json_array_get(ids, r))));
    }
    assert_int_equal(refs, counts->edges);
}

static void
dump_while_changing(world *w, FILE *records)
{
    tn_dump *dump;
    bool more = true;
    assert_int_equal(tn_dump_begin(w->heap, NULL, &dump), TN_OK);
    while (more) {
        size_t first = w->written_count, first_edge = w->edge_count;
        assert_int_equal(tn_dump_step(dump, dice_below(&w->d, 3) * 2000, &more), TN_OK);
        assert_int_equal(tn_dump_flush(dump, records), TN_OK);
        read_more(w, records);
        expect_slice(w, first, first_edge);
        for (size_t i = 0; i < CHANGES; i++)
            change(w);
    }
    tn_dump_end(dump);
}

// Everybody who was there all the time was written.
static void
expect_the_old(const world *w)
{
    for (size_t i = 0; i < OBJECTS; i++)
        if (w->held[i] != NULL && w->is_old[i])
            assert_true(was_written(w, tn_serial(w->held[i])));
}

static void
one_round(world *w)
{
    tn_dump_counts counts;
    FILE *records = tmpfile();
    for (size_t i = 0; i < 300; i++)
        change(w);
    for (size_t i = 0; i < OBJECTS; i++)
        w->is_old[i] = w->held[i] != NULL;
    w->written_count = w->edge_count = 0;
    w->lost = 0;
    w->read = 0;
    dump_while_changing(w, records);
    expect_the_old(w);
    json_t *lines = dumped_lines(records, &counts);
    expect_counts(w, &counts);
    expect_lines(w, lines, &counts);
    json_decref(lines);
    fclose(records);
}

static void
dumps_of_a_changing_heap_are_what_brute_force_says(void **state)
{
    world *w = calloc(1, sizeof *w);
    size_t dropped = 0, rounds = 1 + support_number("TN_OPERATIONS", 1000000) / 20000;
    w->heap = heap_fixture_heap(state);
    w->node = heap_type(w->heap, "Node", NULL, TN_WEAK);
    dice_init(&w->d, __func__);
    for (size_t i = 0; i < 4000; i++)
        change(w);
    for (size_t i = 0; i < rounds; i++) {
        one_round(w);
        for (size_t e = 0; e < w->edge_count; e++)
            dropped += !was_written(w, w->edges[e].to);
    }
    assert_true(dropped > 0); // or the changes were none
    for (size_t i = 0; i < OBJECTS; i++)
        TN_CLEAR(w->held[i]);
    for (size_t i = 0; i < NODES; i++)
        TN_CLEAR(w->nodes[i]);
    tn_gc_abandon(w->heap);
    heap_collect(w->heap, 2);
    free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(dumps_of_a_changing_heap_are_what_brute_force_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
