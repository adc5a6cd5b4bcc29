// SPDX-License-Identifier: MIT
//
// Claim: no slice of a collection is much longer than its budget, however large the heap is and
// whatever happens between two slices.
//
// N pairs, as in pairs.c, all of them suspect when a run begins; between two slices some sessions
// end and as many pairs are made. Usage: bench_slices N [SLICES]: runs follow each other until
// there were so many slices, 10 000 unless said. Printed are the processor's time and the time on
// the wall.
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BUDGET_NS = 1000000, CHANGES = 200 };

struct slices {
    struct graph graph;
    size_t made;   // pairs so far
    uint64_t turn; // of the random numbers
    size_t count, room, runs;
    double *cpu, *wall;
};

static uint64_t
cpu_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// One session ends, if it has not ended before, and a pair is made.
static void
change(struct slices *s)
{
    size_t i = bench_random(s->turn++) % s->made;
    (void)tn_dict_delete(s->graph.sessions, graph_number(&s->graph, i));
    graph_make_pair(&s->graph, s->made++);
}

static bool
slice(struct slices *s)
{
    tn_gc_result result;
    uint64_t cpu = cpu_now_ns(), wall = bench_now_ns();
    bench_must(tn_gc_step(s->graph.heap, BUDGET_NS, &result) == TN_OK, "a slice");
    s->wall[s->count] = (double)(bench_now_ns() - wall);
    s->cpu[s->count++] = (double)(cpu_now_ns() - cpu);
    return !result.complete;
}

// Unfrozen objects are suspects.
static void
run(struct slices *s)
{
    bench_must(tn_gc_freeze(s->graph.heap, false) == TN_OK, "freezing");
    tn_gc_unfreeze(s->graph.heap);
    s->runs++;
    while (s->count < s->room && slice(s))
        for (int i = 0; i < CHANGES; i++)
            change(s);
}

static int
by_value(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static void
print(const char *kind, double *values, size_t count)
{
    char name[64];
    static const struct {
        const char *name;
        double share;
    } parts[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"most", 1}};
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t at = (size_t)((double)(count - 1) * parts[i].share);
        snprintf(name, sizeof name, "%s_%s", kind, parts[i].name);
        bench_print(name, values[at], "ns");
    }
}

int
main(int argc, char **argv)
{
    struct slices s = {.room = 10000};
    bench_must(argc == 2 || argc == 3, "reading N [SLICES]");
    s.made = bench_read_count(argv[1]);
    if (argc == 3)
        s.room = bench_read_count(argv[2]);
    s.cpu = calloc(s.room, sizeof *s.cpu);
    s.wall = calloc(s.room, sizeof *s.wall);
    bench_must(s.cpu != NULL && s.wall != NULL, "getting memory");
    graph_init(&s.graph, s.made, PAIRS, 100);
    for (size_t i = 0; i < s.made; i++)
        graph_make_pair(&s.graph, i);
    while (s.count < s.room)
        run(&s);
    print("cpu", s.cpu, s.count);
    print("wall", s.wall, s.count);
    bench_print("runs", (double)s.runs, "runs");
    free(s.cpu);
    free(s.wall);
    tn_dict_clear(s.graph.sessions);
    bench_must(tn_gc_collect(s.graph.heap, 2, NULL) == TN_OK, "the last collection");
    graph_fini(&s.graph);
    return 0;
}
