// SPDX-License-Identifier: MIT
//
// graph: pairs of a user and a session that refer to each other, as pairs.c describes them.
#ifndef BENCH_GRAPH_H
#define BENCH_GRAPH_H

#include "bench.h"

#include <tenure/containers.h>

enum user_slot { USER_ID, USER_NAME, USER_EMAIL, USER_SESSIONS, USER_FRIEND };
enum session_slot { SESSION_ID, SESSION_USER, SESSION_DATA, SESSION_EXPIRES };
enum hub_slot { HUB_USERS };
enum shape { PAIRS, RANDOM, SOCIAL, HUB, PINNED, SHAPES };

struct graph {
    enum shape shape;
    size_t pairs, step;
    tn_heap *heap;
    tn_type *user, *session, *hub_type;
    tn_object *sessions; // a dict: number to session
    tn_object *users;    // a weak map: number to user
    tn_object *hub;      // NULL in a graph without one
};

void graph_init(struct graph *g, size_t pairs, enum shape shape, size_t step);
void graph_fini(struct graph *g);
// The key of the [i]-th pair.
tn_value graph_number(const struct graph *g, size_t i);
// Adds the [i]-th pair.
void graph_make_pair(struct graph *g, size_t i);
void graph_make_hub(struct graph *g);
// Each user refers to a random one.
void graph_make_friends(struct graph *g);

#endif
