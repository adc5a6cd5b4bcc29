// SPDX-License-Identifier: MIT
#include "inspect/paths.h"

#include "inspect/walk.h"
#include "object/traverse.h"
#include "object/weak.h"

#include <string.h>

// What is known of each object.
struct node {
    tn_object *object;
    uint32_t inside; // references to it that objects hold
    uint32_t parent; // who reached it first, plus one; a root: itself; 0: not reached
    uint32_t next;   // in the order in which they were reached; NOBODY: the last
};

enum { NOBODY = UINT32_MAX };

struct map {
    struct tni_objects *s;
    struct node *nodes;
    size_t count;
    uint32_t from;        // whose children are being looked at
    uint32_t first, last; // of those that were reached
};

// --- Numbering -----------------------------------------------------------------------------------

static void
count_object(tn_object *o, void *arg)
{
    ((struct map *)arg)->count++;
}

static void
add_object(tn_object *o, void *arg)
{
    struct map *m = arg;
    m->nodes[m->count++] = (struct node){o, 0, 0, NOBODY};
}

static int
by_address(const void *a, const void *b)
{
    uintptr_t first = (uintptr_t)((const struct node *)a)->object;
    uintptr_t second = (uintptr_t)((const struct node *)b)->object;
    return (first > second) - (first < second);
}

static struct node *
node_of(const struct map *m, const tn_object *o)
{
    struct node key = {.object = (tn_object *)(uintptr_t)o};
    return bsearch(&key, m->nodes, m->count, sizeof key, by_address);
}

static bool
number_all(struct map *m)
{
    tni_walk(m->s, count_object, m);
    m->nodes = tni_table_resize(&m->s->memory, NULL, 0, (m->count + 1) * sizeof *m->nodes);
    if (m->nodes == NULL)
        return false;
    m->count = 0;
    tni_walk(m->s, add_object, m);
    qsort(m->nodes, m->count, sizeof *m->nodes, by_address);
    return true;
}

// --- Roots ---------------------------------------------------------------------------------------

static void
count_reference(tn_object *child, void *arg)
{
    struct node *node = node_of(arg, child);
    if (node != NULL)
        node->inside++;
}

static void
count_references(struct map *m)
{
    for (size_t i = 0; i < m->count; i++) {
        tn_object *o = m->nodes[i].object;
        tni_traverse(tni_type_of(o), o, count_reference, m);
    }
}

static void
reach(struct map *m, struct node *node, uint32_t parent)
{
    uint32_t number = (uint32_t)(node - m->nodes);
    if (node->parent != 0)
        return;
    node->parent = parent + 1;
    if (m->first == NOBODY)
        m->first = number;
    else
        m->nodes[m->last].next = number;
    m->last = number;
}

static void
reach_roots(struct map *m, const tn_object *target, uint32_t own)
{
    for (size_t i = 0; i < m->count; i++) {
        const tn_object *o = m->nodes[i].object;
        uint32_t outside = o->refs - m->nodes[i].inside;
        if (outside > (o == target ? own : 0))
            reach(m, &m->nodes[i], (uint32_t)i);
    }
}

// --- The way -------------------------------------------------------------------------------------

static void
reach_child(tn_object *child, void *arg)
{
    struct map *m = arg;
    struct node *node = node_of(m, child);
    if (node != NULL)
        reach(m, node, m->from);
}

// Breadth first, so that who reaches an object first is on a shortest way.
static void
reach_all(struct map *m, const struct node *target)
{
    for (m->from = m->first; m->from != NOBODY && target->parent == 0;
         m->from = m->nodes[m->from].next) {
        tn_object *o = m->nodes[m->from].object;
        tni_traverse(tni_type_of(o), o, reach_child, m);
    }
}

static size_t
length_to(const struct map *m, uint32_t number)
{
    size_t length = 1;
    for (; m->nodes[number].parent - 1 != number; number = m->nodes[number].parent - 1)
        length++;
    return length;
}

static void
fill(const struct map *m, uint32_t number, tn_reference *rows, size_t length, size_t max)
{
    const tn_object *next = NULL;
    for (size_t at = length; at-- > 0; number = m->nodes[number].parent - 1) {
        tn_object *o = m->nodes[number].object;
        if (at < max)
            rows[at] = next != NULL ? tni_describe_first(o, next)
                                    : (tn_reference){.holder = o, .frozen = tn_gc_is_frozen(o)};
        (void)tni_weak_may_give(m->s, o);
        next = o;
    }
}

tn_err
tn_path_get(const tn_object *o, uint32_t own, tn_reference *rows, size_t max, size_t *length)
{
    struct map m = {.s = tni_objects_of(o), .first = NOBODY};
    if (!number_all(&m))
        return TN_ENOMEM;
    size_t size = (m.count + 1) * sizeof *m.nodes;
    struct node *target = node_of(&m, o);
    *length = 0;
    if (target != NULL) {
        count_references(&m);
        reach_roots(&m, o, own);
        reach_all(&m, target);
        *length = target->parent != 0 ? length_to(&m, (uint32_t)(target - m.nodes)) : 0;
        if (*length > 0)
            fill(&m, (uint32_t)(target - m.nodes), rows, *length, max);
    }
    tni_table_resize(&m.s->memory, m.nodes, size, 0);
    return TN_OK;
}
