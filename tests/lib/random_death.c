// SPDX-License-Identifier: MIT
//
// Random operations on nodes whose finalizers and callbacks do random things themselves: resurrect,
// cut, link, allocate, collect. Beside the model of support/death_world.c, which judges every
// event.
//
// TN_OPERATIONS sets the number of operations, TN_SEED replays a run.
#include "death_world.h"

enum { STEPS = 6, MOST_PINS = 3 };

static bool
is_alive(const death_world *w, int node)
{
    return node != DEATH_NOBODY && w->nodes[node].object != NULL;
}

// A node that the program itself holds, or DEATH_NOBODY.
static int
held(death_world *w)
{
    int start = (int)dice_below(&w->dice, DEATH_NODES);
    for (int i = 0; i < DEATH_NODES; i++) {
        int node = (start + i) % DEATH_NODES;
        if (is_alive(w, node) && w->nodes[node].handles > 0)
            return node;
    }
    return DEATH_NOBODY;
}

// A node that [node] reaches, perhaps itself.
static int
wander(death_world *w, int node)
{
    for (size_t steps = dice_below(&w->dice, STEPS); steps > 0; steps--) {
        const death_slot *s = &w->nodes[node].slot[dice_below(&w->dice, DEATH_SLOTS)];
        if (s->count > 0)
            node = s->child[dice_below(&w->dice, (size_t)s->count)];
    }
    return node;
}

static int
slot_of(death_world *w, int node)
{
    return (int)dice_below(&w->dice, (size_t)w->nodes[node].slots);
}

// --- Operations on a node that stays alive meanwhile ---------------------------------------------

static void
keep(death_world *w, int node)
{
    death_hold(w, wander(w, node));
}

static void
cut(death_world *w, int node)
{
    death_link(w, node, slot_of(w, node), DEATH_NOBODY);
}

static void
link_node(death_world *w, int node)
{
    death_link(w, node, slot_of(w, node), wander(w, node));
}

static void
link_tuple(death_world *w, int node)
{
    int children[2] = {wander(w, node), wander(w, node)};
    for (int i = 0; i < 2; i++)
        death_guard(w, children[i]); // making the tuple may collect
    death_link_tuple(w, node, slot_of(w, node), children, 1 + dice_chance(&w->dice, 50));
    for (int i = 0; i < 2; i++)
        death_unguard(w, children[i]);
}

static void
hang_new(death_world *w, int node)
{
    int made = death_new(w, dice_chance(&w->dice, 50));
    if (made == DEATH_NOBODY)
        return;
    death_guard(w, made);
    death_release(w, made);
    death_link(w, made, slot_of(w, made), dice_chance(&w->dice, 50) ? node : made);
    death_link(w, node, slot_of(w, node), made);
    death_unguard(w, made);
}

static void
look(death_world *w, int node)
{
    death_node *n = &w->nodes[node];
    int watch = (int)dice_below(&w->dice, DEATH_WATCHES);
    if (n->watch[watch].weak == NULL)
        death_watch_node(w, node, watch);
    else
        death_unwatch(w, node, watch);
    if (n->plain == NULL)
        DICE_ASSERT(&w->dice, tn_weak_new(n->object, &n->plain) == TN_OK);
    if (!n->in_map)
        DICE_ASSERT(&w->dice, tn_weakmap_set(w->map, tn_int(node), n->object) == TN_OK);
    n->in_map = true;
}

static void
pin_or_unpin(death_world *w, int node)
{
    if (w->nodes[node].pins > 0)
        death_unpin(w, node);
    else if (dice_chance(&w->dice, 100 / MOST_PINS))
        death_pin(w, node);
}

// --- Operations on the whole ---------------------------------------------------------------------

static void
release_one(death_world *w, int node)
{
    int other = held(w);
    if (other != DEATH_NOBODY && other != node)
        death_release(w, other);
}

// Inside a collection, and deep inside finalizers, it is refused.
static void
collect(death_world *w, int node)
{
    bool busy = w->collection.running;
    tn_err err = tn_gc_collect(w->heap, (int)dice_below(&w->dice, TN_GENERATIONS), NULL);
    DICE_ASSERT(&w->dice, busy ? err == TN_EBUSY : err == TN_OK || w->depth > 0);
}

static void
check(death_world *w, int node)
{
    DICE_ASSERT(&w->dice, tn_heap_check(w->heap));
}

static void
freeze_or_unfreeze(death_world *w, int node)
{
    if (w->collection.running)
        return;
    if (dice_chance(&w->dice, 70))
        tn_gc_unfreeze(w->heap);
    else
        DICE_ASSERT(&w->dice, tn_gc_freeze(w->heap, false) == TN_OK);
}

static const struct {
    size_t weight; // of a thousand
    void (*perform)(death_world *w, int node);
} operations[] = {
    {30, keep},      {100, cut},  {200, link_node},        {100, link_tuple},
    {230, hang_new}, {100, look}, {20, pin_or_unpin},      {168, release_one},
    {40, collect},   {8, check},  {4, freeze_or_unfreeze},
};

static void
perform_one(death_world *w, int node)
{
    size_t roll = dice_below(&w->dice, 1000), i = 0;
    while (roll >= operations[i].weight)
        roll -= operations[i++].weight;
    death_guard(w, node);
    operations[i].perform(w, node);
    death_unguard(w, node);
}

// --- The run -------------------------------------------------------------------------------------

// What a finalizer does with its node, and a callback with any: often nothing.
static void
act(death_world *w, int node)
{
    enum { MOST_NESTED = 70 };
    if (w->depth > MOST_NESTED)
        return;
    for (size_t left = dice_below(&w->dice, 3); left > 0; left--) {
        int chosen = node != DEATH_NOBODY ? node : held(w);
        if (chosen != DEATH_NOBODY)
            perform_one(w, chosen);
    }
}

static void
do_nothing(death_world *w, int node)
{
}

static int
count_alive(const death_world *w)
{
    int alive = 0;
    for (int i = 0; i < DEATH_NODES; i++)
        alive += is_alive(w, i);
    return alive;
}

static void
unpin_all(death_world *w)
{
    for (int i = 0; i < DEATH_NODES; i++)
        while (is_alive(w, i) && w->nodes[i].pins > 0)
            death_unpin(w, i);
}

static void
make_fewer(death_world *w, int node)
{
    size_t choice = dice_below(&w->dice, 100);
    if (choice < 50)
        death_release(w, node);
    else if (choice < 94)
        cut(w, wander(w, node));
    else if (choice < 96)
        unpin_all(w);
    else if (choice < 98)
        tn_gc_unfreeze(w->heap);
    else
        DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
}

// Nothing is held: the world may be full of what is pinned, frozen or not collected yet.
static void
begin_again(death_world *w)
{
    if (death_new(w, dice_chance(&w->dice, 50)) != DEATH_NOBODY)
        return;
    unpin_all(w);
    tn_gc_unfreeze(w->heap);
    DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
}

static void
operate(death_world *w, int wanted)
{
    int node = held(w);
    if (node == DEATH_NOBODY)
        begin_again(w);
    else if (count_alive(w) > wanted)
        make_fewer(w, node);
    else
        perform_one(w, wander(w, node));
    death_compare(w);
}

// Every node was finalized once when nothing is left.
static void
end_world(death_world *w)
{
    w->act = do_nothing;
    tn_gc_unfreeze(w->heap);
    unpin_all(w);
    for (int i = 0; i < DEATH_NODES; i++) {
        while (is_alive(w, i) && w->nodes[i].handles > 0)
            death_release(w, i);
    }
    DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
    death_compare(w);
    for (int i = 0; i < DEATH_NODES; i++) {
        DICE_ASSERT(&w->dice, w->nodes[i].object == NULL);
        for (int k = 0; k < DEATH_WATCHES; k++)
            death_unwatch(w, i, k);
        tn_decref(w->nodes[i].plain);
    }
    tn_decref(w->map);
}

static void
run(void **state, bool automatic)
{
    enum { DEFAULT = 100000, STEER = 100 };
    int wanted = 0;
    death_world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->act = act;
    dice_init(&w->dice, "random_death");
    death_init(w, heap_fixture_heap(state));
    tn_gc_settings settings = {automatic, {6, 2, 1}, 0};
    assert_int_equal(tn_gc_set_settings(w->heap, &settings, 0), TN_OK);
    size_t total = support_number("TN_OPERATIONS", support_scaled(DEFAULT));
    for (size_t operation = 0; operation < total; operation++) {
        if (operation % STEER == 0)
            wanted = 1 + (int)dice_below(&w->dice, DEATH_NODES - 4);
        operate(w, wanted);
    }
    end_world(w);
    free(w);
}

static void
every_death_is_as_the_model_judges_it(void **state)
{
    run(state, false);
}

static void
every_death_is_as_the_model_judges_it_with_automatic_collections(void **state)
{
    run(state, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(every_death_is_as_the_model_judges_it),
        HEAP_TEST(every_death_is_as_the_model_judges_it_with_automatic_collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
