// SPDX-License-Identifier: MIT
//
// Random operations between the slices of full collections, on graphs of at most 60 nodes, beside
// the model of support/slice_world.c. Most slices have no budget, so that a run has as many
// boundaries as it can have.
//
// TN_OPERATIONS sets the number of operations, TN_SEED replays a run.
#include "slice_world.h"

#include "gc/generations.h"

enum { STEPS = 6 };

// A node that the program holds, or SLICE_NOBODY.
static int
held(slice_world *w)
{
    int start = (int)dice_below(&w->dice, SLICE_NODES);
    for (int i = 0; i < SLICE_NODES; i++) {
        int node = (start + i) % SLICE_NODES;
        if (slice_is_alive(w, node) && w->nodes[node].handles > 0)
            return node;
    }
    return SLICE_NOBODY;
}

// A node that [node] reaches, perhaps itself.
static int
wander(slice_world *w, int node)
{
    for (size_t steps = dice_below(&w->dice, STEPS); steps > 0; steps--) {
        const slice_edge *e = &w->nodes[node].edge[dice_below(&w->dice, SLICE_EDGES)];
        if (e->count > 0)
            node = e->child[dice_below(&w->dice, (size_t)e->count)];
    }
    return node;
}

static int
edge_of(slice_world *w, int node)
{
    return (int)dice_below(&w->dice, (size_t)w->nodes[node].edges);
}

// --- Operations on a node that stays alive meanwhile ---------------------------------------------

static void
keep(slice_world *w, int node)
{
    slice_hold(w, wander(w, node));
}

static void
cut(slice_world *w, int node)
{
    slice_link(w, node, edge_of(w, node), (slice_edge){.count = 0});
}

static void
link_node(slice_world *w, int node)
{
    slice_link(w, node, edge_of(w, node), (slice_edge){.child = {wander(w, node)}, .count = 1});
}

static void
link_held(slice_world *w, int node)
{
    int child = held(w);
    if (child != SLICE_NOBODY)
        slice_link(w, node, edge_of(w, node), (slice_edge){.child = {child}, .count = 1});
}

static void
link_box(slice_world *w, int node)
{
    slice_edge e = {.child = {wander(w, node), wander(w, node)}};
    e.count = 1 + dice_chance(&w->dice, 50);
    e.box = dice_chance(&w->dice, 50) ? SLICE_TUPLE : SLICE_LIST;
    for (int i = 0; i < 2; i++)
        slice_guard(w, e.child[i]); // making the box may collect
    slice_link(w, node, edge_of(w, node), e);
    for (int i = 0; i < 2; i++)
        slice_unguard(w, e.child[i]);
}

static void
steal(slice_world *w, int node)
{
    int child = held(w);
    if (child != SLICE_NOBODY)
        slice_link_steal(w, node, edge_of(w, node), child);
}

// What one node referred to, another refers to now: perhaps behind the back of the search.
static void
move(slice_world *w, int node)
{
    int from = wander(w, node), k = edge_of(w, from);
    slice_edge e = w->nodes[from].edge[k];
    if (e.count == 0 || e.box != SLICE_BARE)
        return;
    slice_guard(w, from);
    slice_hold(w, e.child[0]);
    slice_link(w, from, k, (slice_edge){.count = 0});
    slice_link_steal(w, node, edge_of(w, node), e.child[0]);
    slice_unguard(w, from);
}

static void
hang_new(slice_world *w, int node)
{
    int made = slice_new(w, dice_chance(&w->dice, 50));
    if (made == SLICE_NOBODY)
        return;
    slice_edge back = {.child = {dice_chance(&w->dice, 50) ? node : made}, .count = 1};
    slice_link(w, made, edge_of(w, made), back);
    slice_link_steal(w, node, edge_of(w, node), made);
}

static void
watch(slice_world *w, int node)
{
    slice_watch(w, node);
}

static void
pin_or_unpin(slice_world *w, int node)
{
    if (w->nodes[node].pins > 0)
        slice_unpin(w, node);
    else
        slice_pin(w, node);
}

static void
thaw(slice_world *w, int node)
{
    tn_gc_thaw(w->nodes[node].object);
}

// --- Operations on the whole ---------------------------------------------------------------------

static void
release_one(slice_world *w, int node)
{
    int other = held(w);
    if (other != SLICE_NOBODY)
        slice_release(w, other);
}

// Of any node, garbage too: half of what comes back is only looked at.
static void
upgrade(slice_world *w, int node)
{
    int other = (int)dice_below(&w->dice, SLICE_NODES);
    if (slice_upgrade(w, other, dice_chance(&w->dice, 50)) && dice_chance(&w->dice, 50))
        slice_release(w, other);
}

static const struct {
    size_t weight; // of a thousand
    void (*perform)(slice_world *w, int node);
} operations[] = {
    {30, keep},  {90, cut},          {130, link_node}, {30, link_held}, {80, link_box},
    {80, steal}, {60, move},         {180, hang_new},  {60, watch},     {10, pin_or_unpin},
    {10, thaw},  {160, release_one}, {80, upgrade},
};

static void
perform_one(slice_world *w, int node)
{
    size_t roll = dice_below(&w->dice, 1000), i = 0;
    while (roll >= operations[i].weight)
        roll -= operations[i++].weight;
    slice_guard(w, node);
    operations[i].perform(w, node);
    slice_unguard(w, node);
}

// A slice is refused inside of another one, and welcome where something dies by its count: but what
// waits there to die is not gone when the run completes.
static void
slice_within(slice_world *w)
{
    slice_reach(w);
    tn_err err = tn_gc_step(w->heap, 0, NULL);
    DICE_ASSERT(&w->dice, err == TN_OK || err == TN_EBUSY || err == TN_ENOMEM);
    if (!tn_gc_in_progress(w->heap))
        slice_forgive(w);
}

// What a finalizer does with its node, and a callback with any.
static void
act(slice_world *w, int node)
{
    enum { MOST_NESTED = 40 };
    int chosen = node != SLICE_NOBODY ? node : held(w);
    if (chosen != SLICE_NOBODY && w->depth < MOST_NESTED)
        perform_one(w, chosen);
    if (dice_chance(&w->dice, 10))
        slice_within(w);
}

static void
make_fewer(slice_world *w, int node)
{
    if (dice_chance(&w->dice, 60))
        slice_release(w, node);
    else if (dice_chance(&w->dice, 90))
        cut(w, node);
    for (int i = 0; dice_chance(&w->dice, 10) && i < SLICE_NODES; i++)
        while (slice_is_alive(w, i) && w->nodes[i].pins > 0)
            slice_unpin(w, i);
}

static void
operate(slice_world *w, int wanted)
{
    int node = held(w);
    if (node == SLICE_NOBODY)
        slice_new(w, dice_chance(&w->dice, 50));
    else if (slice_count_alive(w) > wanted)
        make_fewer(w, node);
    else
        perform_one(w, wander(w, node));
    slice_check(w);
}

// --- Slices --------------------------------------------------------------------------------------

static void
end_run(slice_world *w)
{
    enum { ROUNDS = 12 };
    slice_expect_paid(w);
    if (dice_chance(&w->dice, 50))
        return;
    for (int i = 0; i < ROUNDS; i++) // finalizers resurrect, and make new garbage
        DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
    slice_expect_no_garbage(w);
}

// Sometimes one of the next allocations fails, finalizers' included.
static void
slice(slice_world *w)
{
    bool starved = dice_chance(&w->dice, 2);
    uint64_t budget = dice_chance(&w->dice, 80) ? 0 : dice_below(&w->dice, 20000);
    tn_gc_result result;
    if (!tn_gc_in_progress(w->heap))
        slice_owe(w);
    if (starved)
        tni_fail_after((struct tni_memory *)w->heap, (long)dice_below(&w->dice, 4));
    tn_err err = tn_gc_step(w->heap, budget, &result);
    tni_fail_after((struct tni_memory *)w->heap, -1);
    DICE_ASSERT(&w->dice, err == TN_OK || (starved && err == TN_ENOMEM));
    DICE_ASSERT(&w->dice, err == TN_OK || !tn_gc_in_progress(w->heap));
    if (starved) // a run that cannot note who is disturbed spares everybody
        slice_forgive(w);
    if (err == TN_OK)
        DICE_ASSERT(&w->dice, result.complete == !tn_gc_in_progress(w->heap));
    slice_check(w);
    if (err == TN_OK && result.complete)
        end_run(w);
}

static void
collect_young(slice_world *w)
{
    bool busy = tn_gc_in_progress(w->heap);
    tn_err err = tn_gc_collect(w->heap, (int)dice_below(&w->dice, 2), NULL);
    DICE_ASSERT(&w->dice, err == (busy ? TN_EBUSY : TN_OK));
    DICE_ASSERT(&w->dice, tn_gc_in_progress(w->heap) == busy);
}

// Ends a run in progress before its time.
static void
interrupt(slice_world *w)
{
    slice_forgive(w);
    switch (dice_below(&w->dice, 6)) {
    case 0:
        DICE_ASSERT(&w->dice, tn_gc_freeze(w->heap, dice_chance(&w->dice, 50)) == TN_OK);
        break;
    case 1:
    case 2:
        tn_gc_unfreeze(w->heap);
        break;
    case 3:
        DICE_ASSERT(&w->dice, tn_gc_collect(w->heap, 2, NULL) == TN_OK);
        break;
    case 4:
        DICE_ASSERT(&w->dice, tn_gc_collect_exhaustive(w->heap, 2, NULL) == TN_OK);
        break;
    default:
        tn_gc_abandon(w->heap);
    }
    DICE_ASSERT(&w->dice, !tn_gc_in_progress(w->heap));
    slice_check(w);
    end_run(w);
}

static void
any_operation_may_come_between_two_slices(void **state)
{
    enum { DEFAULT = 100000, STEER = 200, SMALL = 8 };
    slice_world *w = slice_world_new(heap_fixture_heap(state), "random_slices");
    size_t total = support_number("TN_OPERATIONS", support_scaled(DEFAULT));
    int wanted = 0;
    unsigned slices = 0; // of a hundred
    w->act = act;
    for (size_t operation = 0; operation < total; operation++) {
        if (operation % STEER == 0) {
            wanted = 1 + (int)dice_below(&w->dice, dice_chance(&w->dice, 50) ? SMALL : SLICE_NODES);
            slices = 20 + (unsigned)dice_below(&w->dice, 70);
        }
        if (dice_chance(&w->dice, slices))
            slice(w);
        else
            operate(w, wanted);
        if (dice_below(&w->dice, 1000) < 5)
            interrupt(w);
        if (dice_below(&w->dice, 1000) < 10)
            collect_young(w);
    }
    slice_world_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(any_operation_may_come_between_two_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
