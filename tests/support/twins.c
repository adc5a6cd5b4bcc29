// SPDX-License-Identifier: MIT
//
// Two heaps that must never differ: see twins.h.
#include "twins.h"

#include "census.h"

#include "gc/generations.h"
#include "object/traverse.h"

enum { FIRST_NEWBORN = 1 << 30, COLLECTED = 2, KEPT = 3, RAN = 4 };

typedef struct final {
    tn_value slots[5];
    twin_side *side;
} final;

typedef struct holder {
    tn_value number;
    tn_object *held;
} holder;

static struct tni_gc *
gc_of(const twin_side *side)
{
    return (struct tni_gc *)side->heap;
}

// --- What finalizers do --------------------------------------------------------------------------

void
twins_note(twin_side *side, uint64_t what, int64_t number)
{
    dice mixed = {.state = what << 56 ^ (uint64_t)number};
    side->events += dice_next(&mixed);
}

static void
keep(twin_side *side, tn_object *o)
{
    assert_in_range(side->kept_count, 0, TWINS_KEPT - 1);
    side->kept[side->kept_count++] = tn_incref(o);
}

// A newborn that refers back, under a number that follows from the old one's.
static void
adopt(twin_side *side, tn_object *o, int64_t number)
{
    tni_fail_after((struct tni_memory *)side->heap,
                   -1); // a collection that gets here had its memory
    tn_object *newborn = tn_new(side->heap, side->types[TWIN_PLAIN]);
    tn_slot_set(newborn, 0, tn_int(FIRST_NEWBORN + number));
    tn_slot_set(newborn, 1, tn_ref(o));
    tn_slot_set_steal(o, 2, tn_ref(newborn));
}

static void
collect_inside(twin_side *side, int64_t number)
{
    tn_gc_result result;
    tn_err err = side->collect(side->heap, (int)(number / 8 % TN_GENERATIONS), &result);
    twins_note(side, COLLECTED, (int64_t)(result.collected << 8) + err);
}

// Any order of these among the members of a set leaves the same.
static void
act(tn_object *o)
{
    twin_side *side = ((final *)tn_payload(o))->side;
    int64_t number = twins_number(o);
    twins_note(side, RAN, number);
    switch (number % 8) {
    case 0:
    case 1:
    case 2:
        keep(side, o);
        break;
    case 3:
        tn_slot_set(o, 1, tn_ref(o));
        break;
    case 4:
        tn_slot_set(o, 1, TN_ABSENT);
        break;
    case 5:
        adopt(side, o, number);
        break;
    case 6:
        collect_inside(side, number);
        break;
    default:
        break;
    }
}

// --- Types ---------------------------------------------------------------------------------------

tn_object **
twins_held(tn_object *o)
{
    return &((holder *)tn_payload(o))->held;
}

static void
traverse_holder(tn_object *o, tn_visit *visit, void *arg)
{
    if (*twins_held(o) != NULL)
        visit(*twins_held(o), arg);
}

static void
clear_holder(tn_object *o)
{
    TN_CLEAR(*twins_held(o));
}

static void
clear_stubborn(tn_object *o)
{
    if (o->flags & TNI_DEAD)
        TN_CLEAR(*twins_held(o));
}

static tn_type *
add_type(twin_side *side, const tn_type_spec *spec)
{
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(side->heap, spec, &type), TN_OK);
    return type;
}

static void
add_holders(twin_side *side)
{
    static const char *const number[] = {"number", NULL};
    tn_type_spec spec = {.name = "Holder", .slots = number, .flags = TN_WEAK};
    spec.native = sizeof(holder) - offsetof(holder, held);
    spec.traverse = traverse_holder;
    spec.clear = clear_holder;
    side->types[TWIN_HOLDER] = add_type(side, &spec);
    spec.name = "Stubborn";
    spec.clear = clear_stubborn;
    side->types[TWIN_STUBBORN] = add_type(side, &spec);
    side->types[TWIN_LEAF] = heap_type(side->heap, "Leaf", number, TN_WEAK | TN_ACYCLIC);
}

static void
add_types(twin_side *side)
{
    static const char *const slots[] = {"number", "a", "b", "c", NULL};
    static const char *const more[] = {"d", NULL};
    tn_type *plain = heap_type(side->heap, "Plain", slots, TN_WEAK);
    tn_type_spec spec = {.name = "Final", .base = plain, .slots = more, .flags = TN_WEAK};
    spec.native = sizeof(final) - offsetof(final, side);
    spec.finalize = act;
    side->types[TWIN_PLAIN] = plain;
    side->types[TWIN_FINAL] = add_type(side, &spec);
    side->types[TWIN_LIST] = gc_of(side)->objects.types[TNI_TYPE_LIST];
    side->types[TWIN_TUPLE] = gc_of(side)->objects.types[TNI_TYPE_TUPLE];
    add_holders(side);
}

// --- Pairs ---------------------------------------------------------------------------------------

static tn_object *
make_list(twin_side *side, int64_t number)
{
    tn_object *list = tn_list_new(side->heap);
    assert_int_equal(tn_list_append(list, tn_int(number)), TN_OK);
    return list;
}

static tn_object *
make_tuple(twin_side *side, int64_t number, tn_object *first, tn_object *second)
{
    tn_value values[] = {tn_int(number), first != NULL ? tn_ref(first) : TN_NONE,
                         second != NULL ? tn_ref(second) : TN_NONE};
    return tn_tuple_new(side->heap, values, sizeof values / sizeof *values);
}

static tn_object *
make(twin_side *side, twin_kind kind, int64_t number)
{
    if (kind == TWIN_LIST)
        return make_list(side, number);
    if (kind == TWIN_TUPLE)
        return make_tuple(side, number, NULL, NULL);
    tn_object *o = tn_new(side->heap, side->types[kind]);
    tn_slot_set(o, 0, tn_int(number));
    if (kind == TWIN_FINAL)
        ((final *)tn_payload(o))->side = side;
    return o;
}

twin
twins_new(twins *t, twin_kind kind)
{
    int64_t number = t->numbers++;
    return (twin){{make(&t->sides[0], kind, number), make(&t->sides[1], kind, number)}};
}

twin
twins_new_tuple(twins *t, twin first, twin second)
{
    int64_t number = t->numbers++;
    return (twin){{make_tuple(&t->sides[0], number, first.o[0], second.o[0]),
                   make_tuple(&t->sides[1], number, first.o[1], second.o[1])}};
}

twin_kind
twins_kind(const twins *t, twin pair)
{
    int kind = 0;
    while (t->sides[0].types[kind] != tn_type_of(pair.o[0]))
        kind++;
    return (twin_kind)kind;
}

int64_t
twins_number(const tn_object *o)
{
    struct tni_span span = tni_span_of(tni_type_of(o), o);
    return span.count > 0 && tn_is_int(span.values[0]) ? tn_as_int(span.values[0]) : -1;
}

typedef struct search {
    size_t left;
    tn_object *found;
} search;

static void
count_down(tn_object *child, void *arg)
{
    search *s = arg;
    if (s->left-- == 0)
        s->found = child;
}

static tn_object *
child_of(tn_object *o, size_t n)
{
    search s = {.left = n};
    tni_traverse(tni_type_of(o), o, count_down, &s);
    return s.found;
}

twin
twins_child(const twins *t, twin pair, size_t n)
{
    twin child = {{child_of(pair.o[0], n), child_of(pair.o[1], n)}};
    DICE_ASSERT(&t->dice, (child.o[0] == NULL) == (child.o[1] == NULL));
    if (child.o[0] != NULL)
        DICE_ASSERT(&t->dice, twins_number(child.o[0]) == twins_number(child.o[1]));
    return child;
}

static int
by_number(const void *a, const void *b)
{
    int64_t first = twins_number(*(tn_object *const *)a);
    int64_t second = twins_number(*(tn_object *const *)b);
    return (first > second) - (first < second);
}

twin
twins_take_kept(twins *t)
{
    twin_side *a = &t->sides[0], *b = &t->sides[1];
    DICE_ASSERT(&t->dice, a->kept_count == b->kept_count);
    if (a->kept_count == 0)
        return TWIN_NONE;
    qsort(a->kept, a->kept_count, sizeof *a->kept, by_number);
    qsort(b->kept, b->kept_count, sizeof *b->kept, by_number);
    twin kept = {{a->kept[--a->kept_count], b->kept[--b->kept_count]}};
    DICE_ASSERT(&t->dice, twins_number(kept.o[0]) == twins_number(kept.o[1]));
    return kept;
}

// --- Comparing -----------------------------------------------------------------------------------

static void
compare_objects(const twins *t)
{
    census a = census_take(t->sides[0].heap, twins_number);
    census b = census_take(t->sides[1].heap, twins_number);
    DICE_ASSERT(&t->dice, census_is_equal(&a, &b));
    census_free(&a);
    census_free(&b);
}

static void
compare_statistics(const twins *t)
{
    tn_gc_stats a[TN_GENERATIONS], b[TN_GENERATIONS];
    tn_gc_get_stats(t->sides[0].heap, a);
    tn_gc_get_stats(t->sides[1].heap, b);
    for (int g = 0; g < TN_GENERATIONS; g++) {
        DICE_ASSERT(&t->dice, a[g].collections == b[g].collections);
        DICE_ASSERT(&t->dice, a[g].collected == b[g].collected);
        DICE_ASSERT(&t->dice, a[g].uncollectable == b[g].uncollectable);
        DICE_ASSERT(&t->dice, a[g].candidates == b[g].candidates);
    }
}

void
twins_compare(twins *t)
{
    tn_gc_population a, b;
    tn_gc_get_population(t->sides[0].heap, &a);
    tn_gc_get_population(t->sides[1].heap, &b);
    DICE_ASSERT(&t->dice, memcmp(&a, &b, sizeof a) == 0);
    DICE_ASSERT(&t->dice, t->sides[0].events == t->sides[1].events);
    compare_statistics(t);
    compare_objects(t);
}

// --- Collecting ----------------------------------------------------------------------------------

static twin_way
way_of(const struct tni_gc *gc, const tn_gc_result *result)
{
    bool everything = result->rescue_ns > 0; // only the pass over all times its rescue
    if (gc->visited.len > 0)
        return everything ? TWIN_BY_ABANDONED_CLOSURE : TWIN_BY_CLOSURE;
    return everything ? TWIN_BY_EVERYTHING : TWIN_BY_PROBES;
}

static tn_err
collect_first(twins *t, int generation, tn_gc_result *result)
{
    struct tni_gc *gc = gc_of(&t->sides[0]);
    gc->visited.len = 0;
    tn_err err = t->sides[0].collect(t->sides[0].heap, generation, result);
    if (err == TN_OK && result->suspects > 0)
        t->ways[way_of(gc, result)]++;
    return err;
}

static void
collect_second(twins *t, int generation, const tn_gc_result *first)
{
    tn_gc_result second;
    DICE_ASSERT(&t->dice, t->sides[1].collect(t->sides[1].heap, generation, &second) == TN_OK);
    DICE_ASSERT(&t->dice, first->collected == second.collected);
    DICE_ASSERT(&t->dice, first->uncollectable == second.uncollectable);
    DICE_ASSERT(&t->dice, first->candidates == second.candidates);
    DICE_ASSERT(&t->dice, first->bytes_freed == second.bytes_freed);
    twins_compare(t);
}

void
twins_collect(twins *t, int generation)
{
    tn_gc_result result;
    DICE_ASSERT(&t->dice, collect_first(t, generation, &result) == TN_OK);
    collect_second(t, generation, &result);
}

void
twins_collect_without_memory(twins *t, int generation)
{
    tn_gc_result result;
    struct tni_gc *gc = gc_of(&t->sides[0]);
    tni_gc_fini(gc); // gives the scratch memory back, so that it is needed
    tni_fail_after(&gc->objects.memory, (long)dice_below(&t->dice, 5));
    tn_err err = collect_first(t, generation, &result);
    tni_fail_after(&gc->objects.memory, -1);
    DICE_ASSERT(&t->dice, err == TN_OK || err == TN_ENOMEM);
    if (err == TN_OK)
        collect_second(t, generation, &result);
    else
        twins_compare(t);
}

// --- Life ----------------------------------------------------------------------------------------

static void
fail_on_report(void *arg, const char *sentence)
{
    fail_msg("the heap reports: %s", sentence);
}

void
twins_init(twins *t, const char *test)
{
    *t = (twins){.numbers = 0};
    dice_init(&t->dice, test);
    t->sides[0].collect = tn_gc_collect;
    t->sides[1].collect = tn_gc_collect_exhaustive;
    for (int s = 0; s < 2; s++) {
        tn_heap_options options = {.hash_seed = 42, .report = fail_on_report};
        t->sides[s].heap = tn_heap_new(&options);
        assert_non_null(t->sides[s].heap);
        add_types(&t->sides[s]);
    }
}

typedef struct stubborns {
    const tn_type *type;
    tn_object *found[TWINS_KEPT];
    size_t count;
} stubborns;

static void
find_stubborn(tn_object *o, void *arg)
{
    stubborns *s = arg;
    if (tn_type_of(o) == s->type && s->count < TWINS_KEPT)
        s->found[s->count++] = tn_incref(o);
}

// Nobody could reach what they hold otherwise.
static void
break_stubborn(twin_side *side)
{
    stubborns s = {.type = side->types[TWIN_STUBBORN]};
    census_each(side->heap, find_stubborn, &s);
    for (size_t i = 0; i < s.count; i++)
        clear_holder(s.found[i]);
    for (size_t i = 0; i < s.count; i++)
        tn_decref(s.found[i]);
}

static void
drop_kept(twin_side *side)
{
    while (side->kept_count > 0)
        tn_decref(side->kept[--side->kept_count]);
}

void
twins_fini(twins *t)
{
    enum { ROUNDS = 8 }; // what is kept and what is adopted holds others for a while
    for (int round = 0; round < ROUNDS; round++) {
        for (int s = 0; s < 2; s++)
            break_stubborn(&t->sides[s]);
        twins_collect(t, 2);
        for (int s = 0; s < 2; s++)
            drop_kept(&t->sides[s]);
    }
    twins_compare(t);
    for (int s = 0; s < 2; s++) {
        assert_true(tn_heap_check(t->sides[s].heap));
        assert_int_equal(tn_heap_free(t->sides[s].heap), 0);
    }
}
