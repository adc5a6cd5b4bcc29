// SPDX-License-Identifier: MIT
//
// One walk of the heap a level: it counts the references that objects hold to those of the level,
// and notes who holds them as the next level. The heap may change between two slices: so objects
// are known by serial, nobody is kept alive, and what is told of an object is told when the walk
// passes it.
#include "inspect/holders.h"

#include "gc/timing.h"
#include "inspect/walk.h"
#include "memory/serial.h"
#include "object/traverse.h"

#include <string.h>

struct node {
    const tn_object *object; // what lies there may be another one by now
    uint32_t level;
    bool seen; // by the walk of its level
    tn_holder told;
};

struct tn_holders {
    struct tni_objects *s;
    struct tni_cursor cursor;
    size_t levels;
    uint32_t level; // whose holders are looked for
    uint32_t first; // node of that level
    uint32_t count, room;
    uint32_t *index; // [size], a power of two: positions of nodes plus one; 0: free
    uint32_t size;
    tn_object *holder; // that is being looked into
    bool is_noted;     // it is a node
    bool over, cut, failed;
    struct node nodes[];
};

enum { MIN_INDEX = 16 };

// --- Nodes ---------------------------------------------------------------------------------------

static uint32_t
position_of(const struct tn_holders *h, const tn_object *o)
{
    uint64_t mixed = ((uintptr_t)o >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t at = (uint32_t)(mixed >> 32) & (h->size - 1);
    while (h->index[at] != 0 && h->nodes[h->index[at] - 1].object != o)
        at = (at + 1) & (h->size - 1);
    return at;
}

// One that died has no serial any more, and whatever lies in its place now another one or none.
static struct node *
find(struct tn_holders *h, const tn_object *o)
{
    uint32_t number = h->index[position_of(h, o)];
    if (number == 0 || h->nodes[number - 1].told.serial != tni_serial_peek(o))
        return NULL;
    return &h->nodes[number - 1];
}

static bool
is_asked_about(const struct tn_holders *h, const struct node *node)
{
    return node != NULL && node->level == h->level;
}

static void
tell(struct node *node, const tn_object *o)
{
    node->told.type = tni_type_of(o)->name;
    node->told.site = tn_trace_site(o);
    node->told.references = o->refs;
    node->told.frozen = tn_gc_is_frozen(o);
    node->seen = true;
}

static struct node *
add(struct tn_holders *h, const tn_object *o, uint32_t level)
{
    uint32_t at = position_of(h, o);
    uint64_t serial = tn_serial(o);
    h->failed |= serial == 0;
    h->cut |= h->count == h->room;
    if (serial == 0 || h->count == h->room)
        return NULL;
    struct node *node = &h->nodes[h->count++];
    *node = (struct node){.object = o, .level = level, .told.serial = serial};
    h->index[at] = h->count;
    tell(node, o);
    node->seen = false;
    return node;
}

// --- The walk of a level -------------------------------------------------------------------------

static void
look_at_child(tn_object *child, void *arg)
{
    struct tn_holders *h = arg;
    struct node *node = find(h, child);
    if (!is_asked_about(h, node))
        return;
    node->told.inside++;
    if (h->is_noted)
        return;
    uint32_t next = (uint32_t)(node - h->nodes);
    if ((node = add(h, h->holder, h->level + 1)) == NULL)
        return;
    h->is_noted = true;
    node->told.next = next;
    tn_reference r = tni_describe_first(h->holder, child);
    memcpy(node->told.place, r.place, sizeof node->told.place);
}

static bool
look_into(tn_object *o, void *arg)
{
    struct tn_holders *h = arg;
    struct node *node = find(h, o);
    h->holder = o;
    h->is_noted = node != NULL;
    if (is_asked_about(h, node))
        tell(node, o);
    tni_traverse(tni_type_of(o), o, look_at_child, h);
    return !h->failed;
}

// --- Between two walks ---------------------------------------------------------------------------

// Somebody of the level who is there and whom something else than objects refers to; [count]:
// nobody.
static uint32_t
find_root(const struct tn_holders *h)
{
    for (uint32_t i = h->first; i < h->count && h->nodes[i].level == h->level; i++)
        if (h->nodes[i].seen && h->nodes[i].told.references > h->nodes[i].told.inside)
            return i;
    return h->count;
}

static void
finish_level(struct tn_holders *h)
{
    uint32_t first = h->first;
    while (first < h->count && h->nodes[first].level == h->level)
        first++;
    h->over = h->failed || h->level + 1 >= h->levels || first == h->count ||
              (h->levels > 1 && find_root(h) < h->count);
    if (h->over)
        return;
    h->first = first;
    h->level++;
    tni_walk_start(h->s, &h->cursor);
}

bool
tn_holders_step(tn_holders *h, uint64_t budget_ns)
{
    uint64_t until = tni_now_ns() + budget_ns;
    while (!h->over && !tni_walk_some(h->s, &h->cursor, until, look_into, h))
        finish_level(h);
    return !h->over;
}

// --- Beginning and end ---------------------------------------------------------------------------

static size_t
size_of(size_t room)
{
    return sizeof(tn_holders) + room * sizeof(struct node);
}

static tn_holders *
alloc(struct tni_memory *m, uint32_t room, uint32_t size)
{
    tn_holders *h = tni_table_resize(m, NULL, 0, size_of(room));
    if (h == NULL)
        return NULL;
    memset(h, 0, sizeof *h);
    h->room = room;
    h->size = size;
    h->index = tni_table_resize(m, NULL, 0, size * sizeof *h->index);
    if (h->index == NULL) {
        tni_table_resize(m, h, size_of(room), 0);
        return NULL;
    }
    memset(h->index, 0, size * sizeof *h->index);
    return h;
}

tn_err
tn_holders_new(const tn_object *o, size_t levels, size_t max, tn_holders **holders)
{
    struct tni_objects *s = tni_objects_of(o);
    uint32_t size = MIN_INDEX;
    *holders = NULL;
    if (levels == 0 || max == 0 || max > TN_HOLDERS_MOST)
        return TN_EINVAL;
    if (s->memory.pages.cursor != NULL)
        return TN_EBUSY;
    while (size < 2 * max)
        size *= 2;
    tn_holders *h = alloc(&s->memory, (uint32_t)max, size);
    if (h == NULL)
        return TN_ENOMEM;
    h->s = s;
    h->levels = levels;
    if (add(h, o, 0) == NULL) {
        tn_holders_free(h);
        return TN_ENOMEM;
    }
    tni_walk_start(s, &h->cursor);
    *holders = h;
    return TN_OK;
}

void
tn_holders_free(tn_holders *h)
{
    if (h == NULL)
        return;
    struct tni_memory *m = &h->s->memory;
    tni_walk_stop(h->s, &h->cursor);
    tni_table_resize(m, h->index, h->size * sizeof *h->index, 0);
    tni_table_resize(m, h, size_of(h->room), 0);
}

// --- What was found ------------------------------------------------------------------------------

size_t
tn_holders_get(const tn_holders *h, tn_holder *rows, size_t max)
{
    for (size_t i = 0; i < h->count && i < max; i++)
        rows[i] = h->nodes[i].told;
    return h->count;
}

size_t
tn_holders_path(const tn_holders *h, tn_holder *rows, size_t max)
{
    uint32_t at = find_root(h);
    size_t length = 0;
    if (at == h->count)
        return 0;
    for (;; at = h->nodes[at].told.next) {
        if (length < max)
            rows[length] = h->nodes[at].told;
        length++;
        if (at == 0)
            return length;
    }
}

bool
tn_holders_are_all(const tn_holders *h)
{
    return !h->cut && !h->failed;
}
