// SPDX-License-Identifier: MIT
//
// tally: a cell a route in each lane, with a counter for each status there may be. What is never
// counted is a page that is never touched.
#include "http/tally.h"
#include "base/assert.h"
#include "http/problem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 80 };

struct cell {
    uint64_t by_status[TALLY_STATUSES];
    struct histogram duration;
};

struct tally {
    const struct route *routes;
    size_t cell_count; // of a lane: one a route, and one for requests without
    unsigned lane_count;
    struct cell *cells;       // lane by lane
    uint64_t *problems;       // by number; rare, so without lanes
    char (*names)[NAME_SIZE]; // a route
};

static size_t
count_routes(const struct route *routes)
{
    size_t count = 0;
    while (routes[count].method != NULL)
        count++;
    return count;
}

static unsigned
count_problems(void)
{
    unsigned count = 0;
    while (problem_type(count) != NULL)
        count++;
    return count;
}

struct tally *
tally_new(const struct route *routes, unsigned lanes)
{
    struct tally *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->routes = routes;
    t->cell_count = count_routes(routes) + 1;
    t->lane_count = lanes;
    t->cells = calloc(lanes * t->cell_count, sizeof *t->cells);
    t->problems = calloc(count_problems(), sizeof *t->problems);
    t->names = calloc(t->cell_count, sizeof *t->names);
    if (t->cells == NULL || t->problems == NULL || t->names == NULL) {
        tally_free(t);
        return NULL;
    }
    for (size_t i = 0; i + 1 < t->cell_count; i++)
        snprintf(t->names[i], NAME_SIZE, "%s %s", routes[i].method, routes[i].pattern);
    return t;
}

void
tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    free(t->cells);
    free(t->problems);
    free(t->names);
    free(t);
}

const char *
tally_name(const struct tally *t, const struct route *route)
{
    return route != NULL ? t->names[route - t->routes] : NULL;
}

// --- Counting ------------------------------------------------------------------------------------

// Threads are numbered as they come; those of one listener come one after the other.
static unsigned
lane_of_thread(const struct tally *t)
{
    static _Atomic unsigned threads;
    static _Thread_local unsigned number; // 0: none yet
    if (number == 0)
        number = atomic_fetch_add(&threads, 1) + 1;
    return number % t->lane_count;
}

static void
count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void
tally_add(struct tally *t, const struct route *route, const struct reply *reply, uint64_t ns)
{
    size_t number = route != NULL ? (size_t)(route - t->routes) : t->cell_count - 1;
    ASSERT(number < t->cell_count);
    ASSERT(reply->status >= TALLY_FIRST_STATUS &&
           reply->status < TALLY_FIRST_STATUS + TALLY_STATUSES);
    struct cell *cell = &t->cells[lane_of_thread(t) * t->cell_count + number];
    count(&cell->by_status[reply->status - TALLY_FIRST_STATUS]);
    histogram_add(&cell->duration, ns);
    if (reply->problem != 0)
        count(&t->problems[reply->problem - 1]);
}

// --- Reading -------------------------------------------------------------------------------------

static void
add_cell(struct tally_row *row, const struct cell *cell)
{
    for (size_t i = 0; i < TALLY_STATUSES; i++)
        row->by_status[i] += __atomic_load_n(&cell->by_status[i], __ATOMIC_RELAXED);
    histogram_add_all(&row->duration, &cell->duration);
}

bool
tally_read(const struct tally *t, size_t number, struct tally_row *row)
{
    if (number >= t->cell_count)
        return false;
    *row =
        (struct tally_row){number < t->cell_count - 1 ? &t->routes[number] : NULL, {0}, {{0}, 0}};
    for (unsigned lane = 0; lane < t->lane_count; lane++)
        add_cell(row, &t->cells[lane * t->cell_count + number]);
    return true;
}

uint64_t
tally_count_work(const struct tally *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->lane_count * t->cell_count; i++) {
        size_t number = i % t->cell_count;
        if (number == t->cell_count - 1 || t->routes[number].needs != ACCESS_OPEN)
            count += histogram_count(&t->cells[i].duration);
    }
    return count;
}

uint64_t
tally_read_problems(const struct tally *t, unsigned number)
{
    return __atomic_load_n(&t->problems[number], __ATOMIC_RELAXED);
}
