// SPDX-License-Identifier: MIT
//
// Claim: a collection costs what became suspect since the last one, whatever else is alive.
//
// N pairs of a user and a session that refer to each other; a dict holds the sessions by number, a
// weak map finds the users by number. Usage: bench_pairs N [GRAPH [STEP]]. One in STEP sessions
// ends before all do, 100 unless said; GRAPH is one of
//
//   pairs   numbers from 0 on; the default
//   random  numbers without a pattern
//   social  each user also refers to a random user, so that closures are global
//   hub     all users refer to one object, and it refers to all of them
//   pinned  the same, and the collector is told to stop at that object
#include "graph.h"

#include <string.h>

static const char *const shape_names[SHAPES] = {"pairs", "random", "social", "hub", "pinned"};

static void
build(struct graph *g)
{
    size_t resident = bench_resident();
    uint64_t started = bench_now_ns();
    if (g->shape == HUB || g->shape == PINNED)
        graph_make_hub(g);
    for (size_t i = 0; i < g->pairs; i++)
        graph_make_pair(g, i);
    if (g->shape == SOCIAL)
        graph_make_friends(g);
    double pairs = (double)g->pairs;
    bench_print("build", (double)(bench_now_ns() - started) / pairs, "ns");
    bench_print("memory", (double)(bench_resident() - resident) / pairs, "B");
}

// --- Collecting ------------------------------------------------------------------------------

static size_t
collect(struct graph *g)
{
    tn_gc_result result;
    bench_must(tn_gc_collect(g->heap, 2, &result) == TN_OK, "a collection");
    return result.collected;
}

static void
measure_collection(struct graph *g, const char *name)
{
    uint64_t started = bench_now_ns();
    collect(g);
    bench_print_since(name, started);
}

// Unfreezing makes everything suspect, so the collection after it belongs to the freeze.
static void
measure_freeze(struct graph *g)
{
    uint64_t started = bench_now_ns();
    bench_must(tn_gc_freeze(g->heap, false) == TN_OK, "freezing");
    bench_print_since("freeze", started);
    measure_collection(g, "frozen");
    tn_gc_unfreeze(g->heap);
    collect(g);
}

static void
end_some(struct graph *g)
{
    for (size_t i = 0; i < g->pairs; i += g->step)
        bench_must(tn_dict_delete(g->sessions, graph_number(g, i)) == TN_OK, "ending a session");
    uint64_t started = bench_now_ns();
    size_t found = collect(g);
    bench_print_since("ended", started);
    bench_print("ended_found", (double)found, "objects");
}

static void
end_all(struct graph *g)
{
    if (g->shape == PINNED)
        tn_unpin(g->hub);
    uint64_t started = bench_now_ns();
    tn_dict_clear(g->sessions);
    TN_CLEAR(g->hub);
    size_t found = collect(g);
    bench_print_since("all", started);
    bench_print("all_found", (double)found, "objects");
    bench_must(tn_weakmap_len(g->users) == 0, "forgetting every user");
}

static enum shape
read_shape(const char *name)
{
    enum shape shape = 0;
    while (shape < SHAPES && strcmp(name, shape_names[shape]) != 0)
        shape++;
    bench_must(shape < SHAPES, "finding a graph of that name");
    return shape;
}

int
main(int argc, char **argv)
{
    struct graph g;
    bench_must(argc >= 2 && argc <= 4, "reading N [GRAPH [STEP]]");
    graph_init(&g, bench_read_count(argv[1]), argc > 2 ? read_shape(argv[2]) : PAIRS,
               argc > 3 ? bench_read_count(argv[3]) : 100);
    build(&g);
    measure_collection(&g, "first");
    measure_collection(&g, "again");
    measure_freeze(&g);
    end_some(&g);
    end_all(&g);
    graph_fini(&g);
    return 0;
}
