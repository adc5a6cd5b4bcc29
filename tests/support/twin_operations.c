// SPDX-License-Identifier: MIT
//
// What a random run does to two heaps: see twin_operations.h.
#include "twin_operations.h"

enum { STEER = 2000 };

static size_t
roll(twin_run *r, size_t below)
{
    return dice_below(&r->twins.dice, below);
}

static bool
is_none(twin pair)
{
    return pair.o[0] == NULL;
}

// --- Handles -------------------------------------------------------------------------------------

static twin
hold(twin pair)
{
    for (int s = 0; s < 2; s++)
        tn_incref(pair.o[s]);
    return pair;
}

static void
drop(twin pair)
{
    for (int s = 0; s < 2; s++)
        tn_decref(pair.o[s]);
}

static void
add_handle(twin_run *r, twin pair /* stolen */)
{
    if (r->handle_count < TWIN_HANDLES)
        r->handles[r->handle_count++] = pair;
    else
        drop(pair);
}

// The caller has the handle's references from here on.
static twin
take_handle(twin_run *r)
{
    if (r->handle_count == 0)
        return TWIN_NONE;
    size_t i = roll(r, r->handle_count);
    twin taken = r->handles[i];
    r->handles[i] = r->handles[--r->handle_count];
    return taken;
}

static twin
descend(twin_run *r, twin from, size_t steps)
{
    twin here = from;
    for (; steps > 0; steps--) {
        twin child = twins_child(&r->twins, here, roll(r, 4));
        here = is_none(child) ? here : child;
    }
    return here;
}

// Borrowed.
static twin
wander(twin_run *r)
{
    if (r->handle_count == 0)
        return TWIN_NONE;
    return descend(r, r->handles[roll(r, r->handle_count)], roll(r, 5));
}

// What finalizers kept becomes handles.
static void
settle(twin_run *r)
{
    for (twin kept; !is_none(kept = twins_take_kept(&r->twins));)
        add_handle(r, kept);
    DICE_ASSERT(&r->twins.dice, r->twins.sides[0].events == r->twins.sides[1].events);
}

static void
drop_handle(twin_run *r)
{
    drop(take_handle(r));
}

static void
copy_handle(twin_run *r)
{
    twin pair = wander(r);
    if (!is_none(pair))
        add_handle(r, hold(pair));
}

// --- Making --------------------------------------------------------------------------------------

static twin_kind
choose_kind(twin_run *r)
{
    static const twin_kind often[] = {TWIN_PLAIN, TWIN_PLAIN, TWIN_FINAL, TWIN_FINAL, TWIN_HOLDER};
    size_t n = roll(r, TWIN_KINDS + sizeof often / sizeof *often);
    return n < TWIN_KINDS ? (twin_kind)n : often[n - TWIN_KINDS];
}

static void
make_pair(twin_run *r)
{
    if (r->handle_count >= r->wanted) {
        drop_handle(r);
        return;
    }
    twin_kind kind = choose_kind(r);
    if (kind == TWIN_TUPLE)
        add_handle(r, twins_new_tuple(&r->twins, wander(r), wander(r)));
    else
        add_handle(r, twins_new(&r->twins, kind));
}

// One handle keeps all of it.
static void
make_ring(twin_run *r)
{
    twin first = twins_new(&r->twins, TWIN_PLAIN), last = first;
    for (size_t left = roll(r, r->shape.longest_ring); left > 0; left--) {
        twin next = twins_new(&r->twins, roll(r, 8) == 0 ? TWIN_FINAL : TWIN_PLAIN);
        for (int s = 0; s < 2; s++)
            tn_slot_set_steal(last.o[s], 3, tn_ref(next.o[s]));
        last = next;
    }
    for (int s = 0; s < 2; s++)
        tn_slot_set(last.o[s], 3, tn_ref(first.o[s]));
    add_handle(r, first);
}

static void
replace_ring(twin_run *r)
{
    while (r->handle_count >= r->wanted)
        drop_handle(r);
    make_ring(r);
}

// --- Links ---------------------------------------------------------------------------------------

static size_t
slots_of(twin_kind kind)
{
    return kind == TWIN_PLAIN ? 3 : kind == TWIN_FINAL ? 4 : 0;
}

static bool
has_own(twin_kind kind)
{
    return kind == TWIN_HOLDER || kind == TWIN_STUBBORN;
}

// As a type's own code does it: the reference is moved, and the collector told.
static void
set_held(tn_object *o, tn_object *child /* stolen */)
{
    tn_object *former = *twins_held(o);
    tn_gc_touch(child);
    *twins_held(o) = child;
    tn_decref(former);
}

static void
put_into_list(tn_object *list, tn_object *child /* stolen */, size_t place)
{
    enum { LONGEST = 8 };
    if (tn_list_len(list) < LONGEST) {
        assert_int_equal(tn_list_append_steal(list, tn_ref(child)), TN_OK);
        return;
    }
    assert_int_equal(tn_list_set(list, 1 + place % (LONGEST - 1), tn_ref(child)), TN_OK);
    tn_decref(child);
}

// Whether [holder] could take [child]; where it could not, the reference is dropped.
static bool
store_steal(twin_run *r, twin holder, twin child /* stolen */)
{
    twin_kind kind = twins_kind(&r->twins, holder);
    size_t place = roll(r, 4), slots = slots_of(kind);
    for (int s = 0; s < 2; s++) {
        if (slots > 0)
            tn_slot_set_steal(holder.o[s], 1 + place % slots, tn_ref(child.o[s]));
        else if (has_own(kind))
            set_held(holder.o[s], child.o[s]);
        else if (kind == TWIN_LIST)
            put_into_list(holder.o[s], child.o[s], place);
        else
            tn_decref(child.o[s]);
    }
    return slots > 0 || has_own(kind) || kind == TWIN_LIST;
}

static void
link_pairs(twin_run *r)
{
    twin holder = wander(r), child = wander(r);
    if (is_none(holder))
        return;
    size_t slots = slots_of(twins_kind(&r->twins, holder)), place = roll(r, 4);
    if (slots == 0)
        store_steal(r, holder, hold(child));
    else
        for (int s = 0; s < 2; s++)
            tn_slot_set(holder.o[s], 1 + place % slots, tn_ref(child.o[s]));
}

static void
steal(twin_run *r)
{
    twin child = take_handle(r);
    if (is_none(child))
        return;
    twin holder = roll(r, 2) == 0 ? descend(r, child, roll(r, 4)) : wander(r);
    if (is_none(holder))
        drop(child);
    else
        store_steal(r, holder, child);
}

static void
unlink_pair(twin_run *r)
{
    twin holder = wander(r);
    if (is_none(holder))
        return;
    twin_kind kind = twins_kind(&r->twins, holder);
    size_t slots = slots_of(kind), place = roll(r, 4);
    for (int s = 0; s < 2; s++) {
        if (slots > 0)
            tn_slot_set(holder.o[s], 1 + place % slots, TN_ABSENT);
        else if (has_own(kind))
            set_held(holder.o[s], NULL);
        else if (kind == TWIN_LIST && tn_list_len(holder.o[s]) > 1)
            assert_int_equal(tn_list_delete(holder.o[s], 1), TN_OK);
    }
}

// Takes a counted reference out of [o] without dropping it.
static tn_object *
lift(tn_object *o, bool own, size_t slot)
{
    tn_value *slots = tn_payload(o);
    tn_object *child = own ? *twins_held(o) : tn_as_object(slots[slot]);
    if (own)
        *twins_held(o) = NULL;
    else
        slots[slot] = TN_ABSENT;
    return child;
}

// From one holder into another, and no count changes on the way.
static void
move(twin_run *r)
{
    twin from = wander(r), to = wander(r), child;
    if (is_none(from))
        return;
    twin_kind kind = twins_kind(&r->twins, from);
    size_t slots = slots_of(kind), place = roll(r, 4);
    if (slots == 0 && !has_own(kind))
        return;
    for (int s = 0; s < 2; s++)
        child.o[s] = lift(from.o[s], slots == 0, slots > 0 ? 1 + place % slots : 0);
    for (int s = 0; s < 2; s++)
        tn_incref(to.o[s]); // perhaps only what was lifted reaches it
    if (!is_none(child))
        store_steal(r, to, child);
    drop(to);
}

// A descendant refers back, and the handle goes.
static void
close_circle(twin_run *r)
{
    twin first = take_handle(r);
    if (is_none(first))
        return;
    store_steal(r, descend(r, first, roll(r, 4)), hold(first));
    drop(first);
}

// --- Weakness ------------------------------------------------------------------------------------

static void
call_back(tn_object *weak, void *side)
{
    enum { CALLED = 1 };
    twins_note(side, CALLED, 0);
}

static void
make_weak(twin_run *r)
{
    twin target = wander(r), *weak = &r->weaks[roll(r, TWIN_WEAKS)];
    bool called = roll(r, 2) == 0;
    drop(*weak);
    *weak = TWIN_NONE;
    if (is_none(target))
        return;
    for (int s = 0; s < 2; s++) {
        twin_side *side = &r->twins.sides[s];
        tn_err err = called ? tn_weak_new_with(target.o[s], call_back, side, &weak->o[s])
                            : tn_weak_new(target.o[s], &weak->o[s]);
        assert_true(err == TN_OK || err == TN_ETYPE);
    }
}

// What a weak reference gave, as a handle, or given back as reads do it.
static void
use_upgraded(twin_run *r, twin got /* stolen */)
{
    DICE_ASSERT(&r->twins.dice, (got.o[0] == NULL) == (got.o[1] == NULL));
    if (is_none(got))
        return;
    DICE_ASSERT(&r->twins.dice, twins_number(got.o[0]) == twins_number(got.o[1]));
    if (roll(r, 3) > 0)
        add_handle(r, got);
    else
        for (int s = 0; s < 2; s++)
            tn_decref_unchanged(got.o[s]);
}

static void
upgrade(twin_run *r)
{
    twin weak = r->weaks[roll(r, TWIN_WEAKS)];
    if (!is_none(weak))
        use_upgraded(r, (twin){{tn_weak_get(weak.o[0]), tn_weak_get(weak.o[1])}});
}

static void
enter_into_map(twin_run *r)
{
    twin target = wander(r);
    tn_value key = tn_int((int64_t)roll(r, TWIN_KEYS));
    if (is_none(target))
        return;
    for (int s = 0; s < 2; s++) {
        tn_err err = tn_weakmap_set(r->map.o[s], key, target.o[s]);
        assert_true(err == TN_OK || err == TN_ETYPE);
    }
}

static void
get_from_map(twin_run *r)
{
    tn_value key = tn_int((int64_t)roll(r, TWIN_KEYS));
    use_upgraded(r, (twin){{tn_weakmap_get(r->map.o[0], key), tn_weakmap_get(r->map.o[1], key)}});
}

// --- The collector -------------------------------------------------------------------------------

static void
collect(twin_run *r)
{
    static const int often[] = {0, 0, 0, 1, 1, 2, 2};
    twins_collect(&r->twins, often[roll(r, sizeof often / sizeof *often)]);
}

static void
collect_without_memory(twin_run *r)
{
    twins_collect_without_memory(&r->twins, (int)roll(r, TN_GENERATIONS));
}

static void
freeze(twin_run *r)
{
    if (roll(r, 2) == 0)
        twins_collect(&r->twins, 2);
    for (int s = 0; s < 2; s++)
        assert_int_equal(tn_gc_freeze(r->twins.sides[s].heap, false), TN_OK);
    twins_compare(&r->twins);
}

static void
unfreeze(twin_run *r)
{
    for (int s = 0; s < 2; s++)
        tn_gc_unfreeze(r->twins.sides[s].heap);
    twins_compare(&r->twins);
}

static void
thaw(twin_run *r)
{
    twin pair = wander(r);
    if (is_none(pair))
        return;
    for (int s = 0; s < 2; s++)
        tn_gc_thaw(pair.o[s]);
}

// What a map only lends loses no reference when it was thawed.
static void
thaw_entry(twin_run *r)
{
    tn_value key = tn_int((int64_t)roll(r, TWIN_KEYS));
    for (int s = 0; s < 2; s++) {
        tn_object *borrowed = tn_weakmap_borrow(r->map.o[s], key);
        if (borrowed != NULL)
            tn_gc_thaw(borrowed);
    }
}

// Two hold each other; one is frozen, the other loses its handle and is looked at. Only what
// unfreezes or thaws the one shows that both are garbage.
static void
freeze_half_of_a_circle(twin_run *r)
{
    twin frozen = twins_new(&r->twins, TWIN_PLAIN), thawed = twins_new(&r->twins, TWIN_PLAIN);
    tn_value key = tn_int((int64_t)roll(r, TWIN_KEYS));
    for (int s = 0; s < 2; s++) {
        tn_slot_set(frozen.o[s], 1, tn_ref(thawed.o[s]));
        tn_slot_set_steal(thawed.o[s], 1, tn_ref(frozen.o[s]));
        assert_int_equal(tn_weakmap_set(r->map.o[s], key, frozen.o[s]), TN_OK);
    }
    twins_collect(&r->twins, 2);
    freeze(r);
    for (int s = 0; s < 2; s++) {
        tn_gc_thaw(thawed.o[s]);
        tn_decref(thawed.o[s]);
    }
    twins_collect(&r->twins, 2);
}

// An old one dies, its finalizer brings it back as a young one, and a child that stayed old comes
// to hold it: garbage that a young collection looks at and must leave.
static void
bring_back_young(twin_run *r)
{
    twin child = twins_new(&r->twins, TWIN_PLAIN), parent = twins_new(&r->twins, TWIN_FINAL);
    int64_t number = twins_number(parent.o[0]);
    for (int s = 0; s < 2; s++)
        tn_slot_set_steal(parent.o[s], 1, tn_ref(child.o[s]));
    twins_collect(&r->twins, 2);
    settle(r);
    drop(parent);
    twin kept = twins_take_kept(&r->twins); // of several the one with the highest number
    if (is_none(kept))
        return; // its own number made it do something else
    if (twins_number(kept.o[0]) != number) {
        add_handle(r, kept);
        return;
    }
    for (int s = 0; s < 2; s++)
        tn_slot_set(child.o[s], 1, tn_ref(kept.o[s]));
    drop(kept);
    twins_collect(&r->twins, 0);
}

static void
unpin(twin *pin)
{
    twin former = *pin;
    *pin = TWIN_NONE;
    for (int s = 0; s < 2; s++)
        if (former.o[s] != NULL)
            tn_unpin(former.o[s]);
}

static void
change_pin(twin_run *r)
{
    twin pair = wander(r), *pin = &r->pins[roll(r, TWIN_PINS)];
    if (!is_none(pair))
        hold(pair);
    unpin(pin);
    if (is_none(pair))
        return;
    for (int s = 0; s < 2; s++) {
        assert_int_equal(tn_pin(pair.o[s]), TN_OK);
        tn_decref(pair.o[s]);
    }
    *pin = pair;
}

static void
check(twin_run *r)
{
    for (int s = 0; s < 2; s++)
        DICE_ASSERT(&r->twins.dice, tn_heap_check(r->twins.sides[s].heap));
}

// --- The runs ------------------------------------------------------------------------------------

static const struct {
    size_t weight; // of a thousand
    void (*perform)(twin_run *r);
} operations[] = {
    {188, make_pair},
    {6, make_ring},
    {60, copy_handle},
    {130, drop_handle},
    {240, link_pairs},
    {80, steal},
    {40, unlink_pair},
    {50, move},
    {40, close_circle},
    {25, make_weak},
    {35, upgrade},
    {20, enter_into_map},
    {30, get_from_map},
    {20, collect},
    {3, collect_without_memory},
    {2, freeze},
    {2, unfreeze},
    {8, thaw},
    {8, thaw_entry},
    {1, freeze_half_of_a_circle},
    {2, bring_back_young},
    {8, change_pin},
    {2, check},
};

static void
perform_one(twin_run *r)
{
    size_t rest = roll(r, 1000), i = 0;
    while (rest >= operations[i].weight)
        rest -= operations[i++].weight;
    operations[i].perform(r);
}

void
twin_run_perform(twin_run *r)
{
    if (r->performed++ % STEER == 0)
        r->wanted = 2 + roll(r, r->shape.handles);
    size_t percent = roll(r, 100);
    if (percent < r->shape.rings)
        replace_ring(r);
    else if (percent < r->shape.rings + r->shape.collections)
        collect(r);
    else
        perform_one(r);
    settle(r);
}

static void
let_go(twin_run *r)
{
    for (int i = 0; i < TWIN_PINS; i++)
        unpin(&r->pins[i]);
    while (r->handle_count > 0 || r->twins.sides[0].kept_count > 0) {
        drop_handle(r);
        settle(r);
    }
    for (int i = 0; i < TWIN_WEAKS; i++)
        drop(r->weaks[i]);
    drop(r->map);
    unfreeze(r);
}

twin_run *
twin_run_start(const char *test, twin_shape shape)
{
    twin_run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    twins_init(&r->twins, test);
    r->shape = shape;
    for (int s = 0; s < 2; s++)
        r->map.o[s] = tn_weakmap_new(r->twins.sides[s].heap);
    return r;
}

void
twin_run_end(twin_run *r)
{
    let_go(r);
    twins_fini(&r->twins);
    free(r);
}
