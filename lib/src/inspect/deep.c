// SPDX-License-Identifier: MIT
//
// A node for each object that was reached, in the order in which it was, and a table that finds it
// by its address. Nothing is written to an object: a header's mark may be a str's hash.
#include "inspect/deep.h"

#include "object/traverse.h"

#include <string.h>

struct node {
    tn_object *object;
    uint32_t inside; // references to it from what was reached
    bool shared;     // somebody else keeps it alive
};

struct reached {
    struct tni_objects *s;
    struct node *nodes;
    uint32_t count, room;
    size_t most;     // nodes
    bool cut;        // there would have been more
    uint32_t *index; // [2 * room], a power of two: positions of nodes plus one; 0: free
    bool failed;     // out of memory
};

enum { MIN_ROOM = 64 };

static const uint32_t max_room = UINT32_C(1) << 30;

// --- Finding a node ------------------------------------------------------------------------------

// The position in the index where [o] stands or would.
static uint32_t
position_of(const struct reached *r, const tn_object *o)
{
    uint32_t size = 2 * r->room;
    uint64_t mixed = ((uintptr_t)o >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(mixed >> 32) & (size - 1);
    while (r->index[at] != 0 && r->nodes[r->index[at] - 1].object != o)
        at = (at + 1) & (size - 1);
    return at;
}

static void
free_reached(struct reached *r)
{
    struct tni_memory *m = &r->s->memory;
    tni_table_resize(m, r->nodes, r->room * sizeof *r->nodes, 0);
    tni_table_resize(m, r->index, (size_t)2 * r->room * sizeof *r->index, 0);
}

static bool
alloc_room(struct reached *r, uint32_t room)
{
    struct tni_memory *m = &r->s->memory;
    r->room = room;
    r->nodes = tni_table_resize(m, NULL, 0, room * sizeof *r->nodes);
    r->index =
        r->nodes == NULL ? NULL : tni_table_resize(m, NULL, 0, (size_t)2 * room * sizeof *r->index);
    if (r->index != NULL)
        memset(r->index, 0, (size_t)2 * room * sizeof *r->index);
    else
        tni_table_resize(m, r->nodes, room * sizeof *r->nodes, 0);
    return r->index != NULL;
}

static bool
grow(struct reached *r)
{
    struct reached grown = *r;
    if (r->room == max_room || !alloc_room(&grown, r->room * 2))
        return false;
    memcpy(grown.nodes, r->nodes, r->count * sizeof *r->nodes);
    for (uint32_t i = 0; i < r->count; i++)
        grown.index[position_of(&grown, r->nodes[i].object)] = i + 1;
    free_reached(r);
    *r = grown;
    return true;
}

static struct node *
find(const struct reached *r, const tn_object *o)
{
    uint32_t number = r->index[position_of(r, o)];
    return number != 0 ? &r->nodes[number - 1] : NULL;
}

// --- Reaching ------------------------------------------------------------------------------------

static void
reach(tn_object *o, void *arg)
{
    struct reached *r = arg;
    uint32_t at = position_of(r, o);
    if (r->index[at] != 0) {
        r->nodes[r->index[at] - 1].inside++;
        return;
    }
    if (r->count >= r->most) {
        r->cut = true;
        return;
    }
    if (r->count == r->room) {
        if (r->failed || !grow(r)) {
            r->failed = true;
            return;
        }
        at = position_of(r, o);
    }
    r->nodes[r->count++] = (struct node){o, 1, false};
    r->index[at] = r->count;
}

static bool
reach_all(struct reached *r, const tn_object *root, size_t most)
{
    *r = (struct reached){.s = tni_objects_of(root), .most = most};
    if (!alloc_room(r, MIN_ROOM))
        return false;
    reach((tn_object *)(uintptr_t)root, r);
    for (uint32_t i = 0; i < r->count && !r->failed; i++)
        tni_traverse(tni_type_of(r->nodes[i].object), r->nodes[i].object, reach, r);
    if (r->failed)
        free_reached(r);
    return !r->failed;
}

// --- Sharing -------------------------------------------------------------------------------------

// The nodes that are shared and whose children were not looked at yet: positions, on a stack.
struct spread {
    struct reached *r;
    uint32_t *stack;
    uint32_t len;
};

static void
share(tn_object *o, void *arg)
{
    struct spread *s = arg;
    struct node *node = find(s->r, o);
    if (node == NULL || node == s->r->nodes || node->shared)
        return; // not reached; the root is taken away in thought, whoever refers to it
    node->shared = true;
    s->stack[s->len++] = (uint32_t)(node - s->r->nodes);
}

// What somebody outside refers to, and whatever that reaches.
static bool
mark_shared(struct reached *r)
{
    size_t size = r->count * sizeof(uint32_t);
    struct spread s = {r, tni_table_resize(&r->s->memory, NULL, 0, size), 0};
    if (s.stack == NULL)
        return false;
    for (uint32_t i = 1; i < r->count; i++)
        if (r->nodes[i].object->refs > r->nodes[i].inside)
            share(r->nodes[i].object, &s);
    while (s.len > 0) {
        tn_object *o = r->nodes[s.stack[--s.len]].object;
        tni_traverse(tni_type_of(o), o, share, &s);
    }
    tni_table_resize(&r->s->memory, s.stack, size, 0);
    return true;
}

// --- Public --------------------------------------------------------------------------------------

static void
add(tn_deep_size *size, const struct node *node)
{
    size_t bytes = tn_sizeof(node->object);
    size->objects++;
    size->bytes += bytes;
    size->shared_objects += node->shared;
    size->shared_bytes += node->shared ? bytes : 0;
}

tn_err
tn_sizeof_deep_most(const tn_object *o, size_t most, tn_deep_size *size, bool *all)
{
    struct reached r;
    *size = (tn_deep_size){0};
    if (!reach_all(&r, o, most > 0 ? most : 1))
        return TN_ENOMEM;
    *all = !r.cut;
    bool marked = mark_shared(&r);
    for (uint32_t i = 0; i < r.count && marked; i++)
        add(size, &r.nodes[i]);
    size->exclusive_objects = size->objects - size->shared_objects;
    size->exclusive_bytes = size->bytes - size->shared_bytes;
    free_reached(&r);
    return marked ? TN_OK : TN_ENOMEM;
}

tn_err
tn_sizeof_deep(const tn_object *o, tn_deep_size *size)
{
    bool all;
    return tn_sizeof_deep_most(o, SIZE_MAX, size, &all);
}

// One row a type, by its index.
static void
add_up(const struct reached *r, tn_usage *by_type)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const tn_object *o = r->nodes[i].object;
        tn_usage *row = &by_type[o->type];
        row->name = tni_type_of(o)->name;
        row->objects++;
        row->bytes += tn_sizeof(o);
    }
}

static size_t
give_rows(const tn_usage *by_type, size_t types, tn_usage *rows, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < types; i++)
        if (by_type[i].objects > 0 && n++ < max)
            rows[n - 1] = by_type[i];
    return n;
}

tn_err
tn_sizeof_deep_by_type(const tn_object *o, tn_usage *rows, size_t max, size_t *count)
{
    struct reached r;
    *count = 0;
    if (!reach_all(&r, o, SIZE_MAX))
        return TN_ENOMEM;
    size_t size = r.s->type_count * sizeof(tn_usage);
    tn_usage *by_type = tni_table_resize(&r.s->memory, NULL, 0, size);
    if (by_type != NULL) {
        memset(by_type, 0, size);
        add_up(&r, by_type);
        *count = give_rows(by_type, r.s->type_count, rows, max);
        tni_table_resize(&r.s->memory, by_type, size, 0);
    }
    free_reached(&r);
    return by_type != NULL ? TN_OK : TN_ENOMEM;
}
