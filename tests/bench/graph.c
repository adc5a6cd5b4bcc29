// SPDX-License-Identifier: MIT
#include "graph.h"

#include <stdio.h>

// Milliseconds since 1970: a number that no small integer of a peer covers.
static const int64_t first_expiry = INT64_C(1700000000000);

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

void
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

tn_value
graph_number(const struct graph *g, size_t i)
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
    tn_slot_set(user, USER_ID, graph_number(g, i));
    tn_slot_set_steal(user, USER_NAME, new_text(g, "u%zu", i));
    tn_slot_set_steal(user, USER_EMAIL, new_text(g, "u%zu@example.com", i));
    tn_slot_set_steal(user, USER_SESSIONS, owned(tn_list_new(g->heap)));
    bench_must(tn_weakmap_set(g->users, graph_number(g, i), user) == TN_OK, "entering a user");
    return user;
}

static tn_object * /* new */
new_session(struct graph *g, size_t i, tn_object *user)
{
    tn_object *session = tn_as_object(owned(tn_new(g->heap, g->session)));
    tn_slot_set(session, SESSION_ID, graph_number(g, i));
    tn_slot_set(session, SESSION_USER, tn_ref(user));
    tn_slot_set_steal(session, SESSION_DATA, owned(tn_dict_new(g->heap)));
    tn_slot_set(session, SESSION_EXPIRES, tn_int(first_expiry + (int64_t)i));
    tn_object *list = tn_as_object(tn_slot_borrow(user, USER_SESSIONS));
    bench_must(tn_list_append(list, tn_ref(session)) == TN_OK, "giving a user its session");
    bench_must(tn_dict_set(g->sessions, graph_number(g, i), tn_ref(session)) == TN_OK,
               "entering a session");
    return session;
}

void
graph_make_hub(struct graph *g)
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

void
graph_make_pair(struct graph *g, size_t i)
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
    tn_object *session = tn_as_object(tn_dict_borrow(g->sessions, graph_number(g, i)));
    return tn_as_object(tn_slot_borrow(session, SESSION_USER));
}

void
graph_make_friends(struct graph *g)
{
    for (size_t i = 0; i < g->pairs; i++)
        tn_slot_set(user_of_session(g, i), USER_FRIEND,
                    tn_ref(user_of_session(g, bench_random(i) % g->pairs)));
}

void
graph_fini(struct graph *g)
{
    tn_decref(g->sessions);
    tn_decref(g->users);
    bench_must(tn_heap_free(g->heap) == 0, "leaving nothing behind");
}
