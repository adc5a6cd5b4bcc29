// SPDX-License-Identifier: MIT
//
// Random nodes that refer to each other, and weak containers that know them, beside a model that
// decides by brute force who is alive: lib/src/containers/weakkeymap.c, weakset.c, weakkeys.c.
//
// A node is held by its handle, by slots of other nodes, and by values of the maps. The model keeps
// who refers to whom, and after collections works out what must be left: the entries of a map hold
// their values, and go when their keys do, until nothing changes any more.
#include "heap_fixture.h"

#include <tenure/containers.h>

enum { NODES = 24, SLOTS = 2, MAPS = 2, SETS = 2, NOBODY = -1 };

typedef struct node {
    tn_object *weak;    // NULL: there is none of this number
    bool held;          // by its handle
    int slots[SLOTS];   // numbers, or NOBODY
    int values[MAPS];   // number of the value that a map has for it, or NOBODY
    bool entries[MAPS]; // whether a map has it
    bool memberships[SETS];
} node;

typedef struct world {
    dice d;
    tn_heap *heap;
    tn_type *type;
    tn_object *maps[MAPS], *sets[SETS];
    node nodes[NODES];
} world;

// --- The model -----------------------------------------------------------------------------------

static bool
mark(const world *w, bool *alive, int number)
{
    if (number == NOBODY || w->nodes[number].weak == NULL || alive[number])
        return false;
    return alive[number] = true;
}

// Whoever holds on to what.
static bool
mark_once(const world *w, bool *alive)
{
    bool more = false;
    for (int i = 0; i < NODES; i++) {
        const node *n = &w->nodes[i];
        if (n->weak == NULL)
            continue;
        more |= n->held && mark(w, alive, i);
        for (int k = 0; k < SLOTS; k++)
            more |= alive[i] && mark(w, alive, n->slots[k]);
        for (int k = 0; k < MAPS; k++)
            more |= n->entries[k] && mark(w, alive, n->values[k]);
    }
    return more;
}

static void
forget(world *w, int number)
{
    node *n = &w->nodes[number];
    tn_decref(n->weak);
    *n = (node){.slots = {NOBODY, NOBODY}, .values = {NOBODY, NOBODY}};
}

// Forgets who cannot be alive any more; false: all can.
static bool
sweep_model(world *w)
{
    bool alive[NODES] = {false}, swept = false;
    while (mark_once(w, alive))
        continue;
    for (int i = 0; i < NODES; i++)
        if (w->nodes[i].weak != NULL && !alive[i]) {
            forget(w, i);
            swept = true;
        }
    return swept;
}

// --- The heap ------------------------------------------------------------------------------------

static tn_object *
get(world *w, int number)
{
    return w->nodes[number].weak != NULL ? tn_weak_get(w->nodes[number].weak) : NULL;
}

static void
expect_containers(world *w, int number)
{
    const node *n = &w->nodes[number];
    tn_object *o = get(w, number);
    for (int k = 0; k < SETS; k++)
        DICE_ASSERT(&w->d, o != NULL && tn_weakset_has(w->sets[k], o) == n->memberships[k]);
    for (int k = 0; k < MAPS; k++) {
        tn_value v = tn_weakkeymap_borrow(w->maps[k], o);
        tn_object *value = n->values[k] != NOBODY ? get(w, n->values[k]) : NULL;
        DICE_ASSERT(&w->d, tn_is_absent(v) != n->entries[k]);
        DICE_ASSERT(&w->d, !n->entries[k] || tn_as_object(v) == value);
        tn_decref(value);
    }
    tn_decref(o);
}

// A key that dies drops its value, which may end another ring: collect until nothing is found.
static void
expect_model(world *w)
{
    size_t lens[MAPS + SETS] = {0}, count = 0;
    while (heap_collect(w->heap, 2) > 0)
        continue;
    while (sweep_model(w))
        continue;
    for (int i = 0; i < NODES; i++) {
        if (w->nodes[i].weak == NULL)
            continue;
        expect_containers(w, i);
        count++;
        for (int k = 0; k < MAPS; k++)
            lens[k] += w->nodes[i].entries[k];
        for (int k = 0; k < SETS; k++)
            lens[MAPS + k] += w->nodes[i].memberships[k];
    }
    DICE_ASSERT(&w->d, heap_instances(w->heap, "Node") == count);
    for (int k = 0; k < MAPS; k++)
        DICE_ASSERT(&w->d, tn_weakkeymap_len(w->maps[k]) == lens[k]);
    for (int k = 0; k < SETS; k++)
        DICE_ASSERT(&w->d, tn_weakset_len(w->sets[k]) == lens[MAPS + k]);
    DICE_ASSERT(&w->d, tn_heap_check(w->heap));
}

// --- Operations ----------------------------------------------------------------------------------

// Of a node that has a handle; NOBODY: it has none.
static int
pick(world *w)
{
    int number = (int)dice_below(&w->d, NODES);
    return w->nodes[number].held ? number : NOBODY;
}

static void
make(world *w, int unused)
{
    for (int i = 0; i < NODES; i++) {
        node *n = &w->nodes[i];
        if (n->weak != NULL)
            continue;
        tn_object *o = tn_new(w->heap, w->type);
        assert_int_equal(tn_weak_new(o, &n->weak), TN_OK);
        n->held = true; // the reference stays the handle
        return;
    }
}

static void
drop_handle(world *w, int number)
{
    tn_object *o = get(w, number);
    w->nodes[number].held = false;
    tn_decref(o);
    tn_decref(o);
}

static void
link_to(world *w, int number)
{
    int other = pick(w), slot = (int)dice_below(&w->d, SLOTS);
    tn_object *o = get(w, number), *target = other != NOBODY ? get(w, other) : NULL;
    tn_slot_set(o, (size_t)slot, tn_ref(target));
    w->nodes[number].slots[slot] = other;
    tn_decref(target);
    tn_decref(o);
}

static void
set_value(world *w, int number)
{
    int other = pick(w), map = (int)dice_below(&w->d, MAPS);
    tn_object *key = get(w, number), *value = other != NOBODY ? get(w, other) : NULL;
    tn_value v = value != NULL ? tn_ref(value) : tn_int(number);
    assert_int_equal(tn_weakkeymap_set(w->maps[map], key, v), TN_OK);
    w->nodes[number].entries[map] = true;
    w->nodes[number].values[map] = other;
    tn_decref(value);
    tn_decref(key);
}

static void
delete_value(world *w, int number)
{
    int map = (int)dice_below(&w->d, MAPS);
    node *n = &w->nodes[number];
    tn_object *key = get(w, number);
    tn_err err = tn_weakkeymap_delete(w->maps[map], key);
    DICE_ASSERT(&w->d, err == (n->entries[map] ? TN_OK : TN_EKEY));
    n->entries[map] = false;
    n->values[map] = NOBODY;
    tn_decref(key);
}

static void
change_membership(world *w, int number)
{
    int set = (int)dice_below(&w->d, SETS);
    node *n = &w->nodes[number];
    tn_object *o = get(w, number);
    if (n->memberships[set])
        assert_int_equal(tn_weakset_remove(w->sets[set], o), TN_OK);
    else
        assert_int_equal(tn_weakset_add(w->sets[set], o), TN_OK);
    n->memberships[set] = !n->memberships[set];
    tn_decref(o);
}

static void
take_step(world *w, int unused)
{
    tn_gc_result result;
    assert_int_equal(tn_gc_step(w->heap, 0, &result), TN_OK);
}

static void
collect_young(world *w, int unused)
{
    tn_err err = tn_gc_collect(w->heap, (int)dice_below(&w->d, 2), NULL);
    assert_true(err == TN_OK || (err == TN_EBUSY && tn_gc_in_progress(w->heap)));
}

// The set becomes what it has in common with the other one, or the difference.
static void
combine_sets(world *w, int unused)
{
    bool flip = dice_chance(&w->d, 50);
    expect_model(w); // what is garbage already is a member as well
    if (flip)
        assert_int_equal(tn_weakset_flip_all(w->sets[0], w->sets[1]), TN_OK);
    else
        tn_weakset_keep_all(w->sets[0], w->sets[1]);
    for (int i = 0; i < NODES; i++) {
        bool *first = &w->nodes[i].memberships[0], second = w->nodes[i].memberships[1];
        *first = flip ? *first != second : *first && second;
    }
}

static void
run(world *w)
{
    static const struct operation {
        void (*run)(world *w, int number);
        bool of_held; // needs a node with a handle
    } operations[] = {{make, false},      {make, false},          {drop_handle, true},
                      {link_to, true},    {link_to, true},        {set_value, true},
                      {set_value, true},  {delete_value, true},   {change_membership, true},
                      {take_step, false}, {collect_young, false}, {change_membership, true}};
    size_t number = dice_below(&w->d, sizeof operations / sizeof *operations);
    int held = operations[number].of_held ? pick(w) : NOBODY;
    if (held != NOBODY || !operations[number].of_held)
        operations[number].run(w, held);
    if (dice_chance(&w->d, 1))
        combine_sets(w, NOBODY);
    else if (dice_chance(&w->d, 3))
        expect_model(w);
}

static void
world_init(world *w, tn_heap *heap)
{
    static const char *const slots[SLOTS + 1] = {"left", "right", NULL};
    w->heap = heap;
    w->type = heap_type(heap, "Node", slots, TN_WEAK);
    for (int i = 0; i < NODES; i++)
        w->nodes[i] = (node){.slots = {NOBODY, NOBODY}, .values = {NOBODY, NOBODY}};
    for (int k = 0; k < MAPS; k++)
        w->maps[k] = tn_weakkeymap_new(heap);
    for (int k = 0; k < SETS; k++)
        w->sets[k] = tn_weakset_new(heap);
}

static void
world_fini(world *w)
{
    expect_model(w);
    for (int k = 0; k < MAPS; k++)
        tn_decref(w->maps[k]);
    for (int k = 0; k < SETS; k++)
        tn_decref(w->sets[k]);
    for (int i = 0; i < NODES; i++)
        if (w->nodes[i].held)
            drop_handle(w, i);
    heap_collect(w->heap, 2);
    for (int i = 0; i < NODES; i++)
        tn_decref(w->nodes[i].weak);
}

static void
weak_containers_know_exactly_who_is_alive(void **state)
{
    world w;
    dice_init(&w.d, __func__);
    world_init(&w, heap_fixture_heap(state));
    size_t operations = support_number("TN_OPERATIONS", 100000);
    for (size_t i = 0; i < operations; i++)
        run(&w);
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(weak_containers_know_exactly_who_is_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
