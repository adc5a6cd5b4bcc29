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
#include "bench.h"

#include <tenure/containers.h>

#include <stdio.h>
#include <string.h>

enum user_slot { USER_ID, USER_NAME, USER_EMAIL, USER_SESSIONS, USER_FRIEND };
enum session_slot { SESSION_ID, SESSION_USER, SESSION_DATA, SESSION_EXPIRES };
enum hub_slot { HUB_USERS };
enum shape { PAIRS, RANDOM, SOCIAL, HUB, PINNED, SHAPES };

static const char *const shape_names[SHAPES] = {"pairs", "random", "social", "hub", "pinned"};

// Milliseconds since 1970: a number that no small integer of a peer covers.
static const int64_t first_expiry = INT64_C(1700000000000);

struct graph {
    enum shape shape;
    size_t pairs, step;
    tn_heap *heap;
    tn_type *user, *session, *hub_type;
    tn_object *sessions; // a dict: number to session
    tn_object *users;    // a weak map: number to user
    tn_object *hub;      // NULL in a graph without one
};

// --- Building --------------------------------------------------------------------------------

static tn_value /* new */
owned(tn_object *o /* stolen */)
{
    bench_must(o != NULL, "making an object");
    return tn_ref(o);
}

static tn_type *
new_type(tn_heap *heap, const char *name, const char *const *slots, unsigned flags)
{
    tn_type *type;
    tn_type_spec spec = {.name = name, .slots = slots, .flags = flags};
    bench_must(tn_type_register(heap, &spec, &type) == TN_OK, "registering a type");
    return type;
}

static void
graph_init(struct graph *g, size_t pairs, enum shape shape, size_t step)
{
    static const char *const user[] = {"id", "name", "email", "sessions", "friend", NULL};
    static const char *const session[] = {"id", "user", "data", "expires", NULL};
    static const char *const hub[] = {"users", NULL};
    *g = (struct graph){.shape = shape, .pairs = pairs, .step = step, .heap = tn_heap_new(NULL)};
    bench_must(g->heap != NULL, "making a heap");
    g->user = new_type(g->heap, "User", user, TN_WEAK);
    g->session = new_type(g->heap, "Session", session, 0);
    g->hub_type = new_type(g->heap, "Hub", hub, 0);
    g->sessions = tn_as_object(owned(tn_dict_new(g->heap)));
    g->users = tn_as_object(owned(tn_weakmap_new(g->heap)));
}

static tn_value
number_of(const struct graph *g, size_t i)
{
    return tn_int((int64_t)(g->shape == RANDOM ? bench_random(i) >> 4 : i));
}

static tn_value /* new */
new_text(struct graph *g, const char *format, size_t i)
{
    char text[64];
    int len = snprintf(text, sizeof text, format, i);
    return owned(tn_str_new(g->heap, text, (size_t)len));
}

static tn_object * /* new */
new_user(struct graph *g, size_t i)
{
    tn_object *user = tn_as_object(owned(tn_new(g->heap, g->user)));
    tn_slot_set(user, USER_ID, number_of(g, i));
    tn_slot_set_steal(user, USER_NAME, new_text(g, "u%zu", i));
    tn_slot_set_steal(user, USER_EMAIL, new_text(g, "u%zu@example.com", i));
    tn_slot_set_steal(user, USER_SESSIONS, owned(tn_list_new(g->heap)));
    bench_must(tn_weakmap_set(g->users, number_of(g, i), user) == TN_OK, "entering a user");
    return user;
}

static tn_object * /* new */
new_session(struct graph *g, size_t i, tn_object *user)
{
    tn_object *session = tn_as_object(owned(tn_new(g->heap, g->session)));
    tn_slot_set(session, SESSION_ID, number_of(g, i));
    tn_slot_set(session, SESSION_USER, tn_ref(user));
    tn_slot_set_steal(session, SESSION_DATA, owned(tn_dict_new(g->heap)));
    tn_slot_set(session, SESSION_EXPIRES, tn_int(first_expiry + (int64_t)i));
    tn_object *list = tn_as_object(tn_slot_borrow(user, USER_SESSIONS));
    bench_must(tn_list_append(list, tn_ref(session)) == TN_OK, "giving a user its session");
    bench_must(tn_dict_set(g->sessions, number_of(g, i), tn_ref(session)) == TN_OK,
               "entering a session");
    return session;
}

static void
make_hub(struct graph *g)
{
    g->hub = tn_as_object(owned(tn_new(g->heap, g->hub_type)));
    tn_slot_set_steal(g->hub, HUB_USERS, owned(tn_list_new(g->heap)));
    if (g->shape == PINNED)
        bench_must(tn_pin(g->hub) == TN_OK, "pinning the hub");
}

static void
join_hub(struct graph *g, tn_object *user)
{
    tn_object *list = tn_as_object(tn_slot_borrow(g->hub, HUB_USERS));
    tn_slot_set(user, USER_FRIEND, tn_ref(g->hub));
    bench_must(tn_list_append(list, tn_ref(user)) == TN_OK, "telling the hub of a user");
}

static void
make_pair(struct graph *g, size_t i)
{
    tn_object *user = new_user(g, i);
    if (g->hub != NULL)
        join_hub(g, user);
    tn_decref(new_session(g, i, user));
    tn_decref(user);
}

static tn_object * /* borrowed */
user_of_session(const struct graph *g, size_t i)
{
    tn_object *session = tn_as_object(tn_dict_borrow(g->sessions, number_of(g, i)));
    return tn_as_object(tn_slot_borrow(session, SESSION_USER));
}

static void
make_friends(struct graph *g)
{
    for (size_t i = 0; i < g->pairs; i++)
        tn_slot_set(user_of_session(g, i), USER_FRIEND,
                    tn_ref(user_of_session(g, bench_random(i) % g->pairs)));
}

static void
build(struct graph *g)
{
    size_t resident = bench_resident();
    uint64_t started = bench_now_ns();
    if (g->shape == HUB || g->shape == PINNED)
        make_hub(g);
    for (size_t i = 0; i < g->pairs; i++)
        make_pair(g, i);
    if (g->shape == SOCIAL)
        make_friends(g);
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
        bench_must(tn_dict_delete(g->sessions, number_of(g, i)) == TN_OK, "ending a session");
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

static void
graph_fini(struct graph *g)
{
    tn_decref(g->sessions);
    tn_decref(g->users);
    bench_must(tn_heap_free(g->heap) == 0, "leaving nothing behind");
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
