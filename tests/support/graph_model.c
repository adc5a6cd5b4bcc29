// SPDX-License-Identifier: MIT
//
// A graph of objects by brute force: see graph_model.h.
#include "graph_model.h"

#include <string.h>

static bool
is_counting(const graph_node *node)
{
    return node->kind != GRAPH_REFERENCE && node->kind != GRAPH_MAP;
}

bool
graph_is_tracked(const graph_node *node)
{
    return node->kind != GRAPH_ACYCLIC && is_counting(node);
}

bool
graph_is_weak_target(const graph_node *node)
{
    return node->kind == GRAPH_WEAK || node->kind == GRAPH_BIG || node->kind == GRAPH_ACYCLIC;
}

int
graph_new(graph *g, graph_kind kind, void *object, int slots)
{
    int i = 0;
    while (i < GRAPH_NODES && g->nodes[i].live)
        i++;
    if (i == GRAPH_NODES)
        return GRAPH_NOTHING;
    graph_node *node = &g->nodes[i];
    *node = (graph_node){.live = true, .kind = kind, .object = object, .handles = 1, .count = 1};
    node->serial = g->created++;
    node->generation = graph_is_tracked(node) ? 0 : 2;
    g->count[0] += graph_is_tracked(node);
    node->used = slots;
    for (int s = 0; s < slots; s++)
        node->links[s].child = GRAPH_NOTHING;
    g->live++;
    return i;
}

// What does not count forgets [dead]: a reference keeps its one link, a map loses the entry.
static void
forget_weakly(graph *g, int dead)
{
    for (int i = 0; i < GRAPH_NODES; i++) {
        graph_node *node = &g->nodes[i];
        if (!node->live || is_counting(node))
            continue;
        for (int position; (position = graph_find_child(g, i, dead)) != GRAPH_NOTHING;) {
            if (node->kind == GRAPH_MAP)
                graph_remove(g, i, position);
            else
                node->links[position].child = GRAPH_NOTHING;
        }
    }
}

static void
give_back(graph *g, int i)
{
    graph_node *node = &g->nodes[i];
    if (--node->count > 0)
        return;
    node->live = false;
    g->live--;
    g->count[0] -= graph_is_tracked(node) && g->count[0] > 0;
    forget_weakly(g, i);
    graph_clear(g, i);
}

static void
unlink_child(graph *g, const graph_node *holder, int child)
{
    if (child != GRAPH_NOTHING && is_counting(holder))
        give_back(g, child);
}

static void
link_child(graph *g, const graph_node *holder, int child)
{
    if (child != GRAPH_NOTHING && is_counting(holder))
        g->nodes[child].count++;
}

void
graph_hold(graph *g, int node)
{
    g->nodes[node].handles++;
    g->nodes[node].count++;
}

void
graph_drop(graph *g, int node)
{
    g->nodes[node].handles--;
    give_back(g, node);
}

void
graph_append(graph *g, int i, int key, int child)
{
    graph_node *node = &g->nodes[i];
    node->links[node->used++] = (graph_link){key, child};
    link_child(g, node, child);
}

void
graph_replace(graph *g, int i, int position, int child)
{
    graph_node *node = &g->nodes[i];
    int former = node->links[position].child;
    node->links[position].child = child;
    link_child(g, node, child);
    unlink_child(g, node, former);
}

void
graph_remove(graph *g, int i, int position)
{
    graph_node *node = &g->nodes[i];
    int child = node->links[position].child;
    int behind = --node->used - position;
    memmove(&node->links[position], &node->links[position + 1],
            sizeof(graph_link) * (size_t)behind);
    unlink_child(g, node, child);
}

void
graph_clear(graph *g, int node)
{
    while (g->nodes[node].used > 0)
        graph_remove(g, node, g->nodes[node].used - 1);
}

int
graph_find_key(const graph *g, int i, int key)
{
    const graph_node *node = &g->nodes[i];
    for (int position = 0; position < node->used; position++) {
        if (node->links[position].key == key)
            return position;
    }
    return GRAPH_NOTHING;
}

int
graph_find_child(const graph *g, int i, int child)
{
    const graph_node *node = &g->nodes[i];
    for (int position = 0; position < node->used; position++) {
        if (node->links[position].child == child)
            return position;
    }
    return GRAPH_NOTHING;
}

int
graph_find_reference(const graph *g, int target)
{
    for (int i = 0; i < GRAPH_NODES; i++) {
        const graph_node *node = &g->nodes[i];
        if (node->live && node->kind == GRAPH_REFERENCE && node->links[0].child == target)
            return i;
    }
    return GRAPH_NOTHING;
}

// --- Collecting --------------------------------------------------------------------------------

typedef struct judgement {
    bool member[GRAPH_NODES]; // of the set that shrinks from the candidates to the garbage
    int inside[GRAPH_NODES];  // references from members
} judgement;

static void
count_inside(const graph *g, judgement *j)
{
    memset(j->inside, 0, sizeof j->inside);
    for (int i = 0; i < GRAPH_NODES; i++) {
        const graph_node *node = &g->nodes[i];
        for (int position = 0; j->member[i] && position < node->used; position++) {
            int child = node->links[position].child;
            if (child != GRAPH_NOTHING)
                j->inside[child]++;
        }
    }
}

// Takes one round of members that something outside of the set holds out; false when none was.
static bool
shrink(const graph *g, judgement *j)
{
    bool changed = false;
    count_inside(g, j);
    for (int i = 0; i < GRAPH_NODES; i++) {
        if (j->member[i] && g->nodes[i].count > j->inside[i]) {
            j->member[i] = false;
            changed = true;
        }
    }
    return changed;
}

static bool
is_candidate(const graph_node *node, int generation)
{
    return node->live && graph_is_tracked(node) && !node->frozen && node->generation <= generation;
}

static size_t
count_members(const judgement *j)
{
    size_t members = 0;
    for (int i = 0; i < GRAPH_NODES; i++)
        members += j->member[i];
    return members;
}

// Every member is held while the members' links go, so that none dies twice.
static void
destroy(graph *g, const judgement *j)
{
    for (int i = 0; i < GRAPH_NODES; i++)
        g->nodes[i].count += j->member[i];
    for (int i = 0; i < GRAPH_NODES; i++) {
        if (j->member[i])
            graph_clear(g, i);
    }
    for (int i = 0; i < GRAPH_NODES; i++) {
        if (j->member[i])
            give_back(g, i);
    }
}

static void
promote(graph *g, int generation)
{
    for (int i = 0; i < GRAPH_NODES; i++) {
        graph_node *node = &g->nodes[i];
        if (is_candidate(node, generation))
            node->generation = generation < 2 ? generation + 1 : 2;
    }
}

static void
turn_counters(graph *g, int generation)
{
    for (int i = 0; i <= generation; i++)
        g->count[i] = 0;
    if (generation < 2)
        g->count[generation + 1]++;
}

static void
take_candidates(const graph *g, int generation, judgement *j)
{
    for (int i = 0; i < GRAPH_NODES; i++)
        j->member[i] = is_candidate(&g->nodes[i], generation);
}

void
graph_find_garbage(const graph *g, int generation, bool found[GRAPH_NODES])
{
    judgement j;
    take_candidates(g, generation, &j);
    while (shrink(g, &j)) {
    }
    memcpy(found, j.member, sizeof j.member);
}

graph_verdict
graph_collect(graph *g, int generation)
{
    judgement j;
    take_candidates(g, generation, &j);
    graph_verdict verdict = {.candidates = count_members(&j)};
    graph_find_garbage(g, generation, j.member);
    verdict.collected = count_members(&j);
    turn_counters(g, generation);
    destroy(g, &j);
    promote(g, generation);
    return verdict;
}

// --- Freezing ----------------------------------------------------------------------------------

void
graph_freeze(graph *g)
{
    turn_counters(g, 2);
    for (int i = 0; i < GRAPH_NODES; i++) {
        graph_node *node = &g->nodes[i];
        node->frozen = node->frozen || (node->live && graph_is_tracked(node));
        node->generation = node->frozen ? 2 : node->generation;
    }
}

void
graph_unfreeze(graph *g)
{
    for (int i = 0; i < GRAPH_NODES; i++)
        g->nodes[i].frozen = false;
}

void
graph_thaw(graph *g, int node)
{
    g->nodes[node].frozen = false;
}
