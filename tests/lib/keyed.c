// SPDX-License-Identifier: MIT
//
// Entries of one value or two in one table: lib/src/containers/keyed.h, without a dict or a set
// around it.
#include "containers/keyed.h"
#include "heap_fixture.h"

enum { MANY = 100 };

// A table whose owner is nobody; its bytes are those of lists.
struct world {
    struct tni_objects *s;
    tn_object *owner; // a list, for its type
    struct tni_span table;
};

static struct world
make_world(void **state)
{
    tn_heap *heap = heap_fixture_heap(state);
    return (struct world){(struct tni_objects *)heap, tn_list_new(heap), {NULL, 0, 0}};
}

static void
end_world(struct world *w, uint32_t width)
{
    assert_true(tni_keyed_check(w->s, &w->table, width));
    tni_keyed_clear(w->s, &w->s->types[TNI_TYPE_LIST]->account, &w->table, width);
    assert_int_equal(w->table.room, 0);
    tn_decref(w->owner);
}

static void
insert(struct world *w, uint32_t width, int64_t key, int64_t value)
{
    assert_true(tni_keyed_insert(w->s, w->owner, &w->table, width, tn_int(key),
                                 width > 1 ? tn_int(value) : TN_ABSENT, NULL));
}

static tn_value *
find(const struct world *w, uint32_t width, int64_t key)
{
    struct tni_key k = tni_key_of(w->s, tn_int(key));
    return tni_keyed_find(&w->table, width, &k);
}

// [count] keys from 0 on, each with its double.
static void
fill(struct world *w, uint32_t width, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        insert(w, width, i, 2 * i);
}

static void
remove_odd_ones(struct world *w, uint32_t width, int64_t count)
{
    for (int64_t i = 1; i < count; i += 2)
        tni_keyed_dig(w->s, &w->table, width, find(w, width, i));
}

static void
expect_even_ones(const struct world *w, uint32_t width, int64_t count)
{
    size_t cursor = 0;
    for (int64_t i = 0; i < count; i += 2) {
        const tn_value *entry = tni_keyed_next(&w->table, width, &cursor);
        assert_int_equal(tn_as_int(entry[0]), i);
        assert_int_equal(tn_as_int(entry[width - 1]), width > 1 ? 2 * i : i);
        assert_ptr_equal(find(w, width, i), entry);
        assert_null(find(w, width, i + 1));
    }
    assert_null(tni_keyed_next(&w->table, width, &cursor));
    assert_int_equal(tni_keyed_len(&w->table, width), (count + 1) / 2);
}

static void
run(void **state, uint32_t width, int64_t count)
{
    struct world w = make_world(state);
    fill(&w, width, count);
    remove_odd_ones(&w, width, count);
    expect_even_ones(&w, width, count);
    end_world(&w, width);
}

static void
a_small_table_is_searched_and_walked_in_order_past_its_holes(void **state)
{
    run(state, 1, TNI_KEYED_SMALL);
    run(state, 2, TNI_KEYED_SMALL);
}

static void
so_is_one_with_an_index(void **state)
{
    run(state, 1, MANY);
    run(state, 2, MANY);
}

// What was deleted may come again, behind the others; holes are gone when the table has grown.
static void
a_rebuild_leaves_the_holes_behind(void **state)
{
    struct world w = make_world(state);
    fill(&w, 2, MANY);
    remove_odd_ones(&w, 2, MANY);
    uint32_t room = w.table.room;
    for (int64_t i = MANY; w.table.room == room; i++)
        insert(&w, 2, 2 * i, 4 * i);
    assert_int_equal(tni_keyed_of(&w.table)->holes, 0);
    insert(&w, 2, 1, 2);
    assert_ptr_equal(find(&w, 2, 1), &w.table.values[w.table.count - 2]);
    assert_int_equal(tn_as_int(w.table.values[2]), 2);
    end_world(&w, 2);
}

static void
each_change_is_stamped(void **state)
{
    struct world w = make_world(state);
    assert_int_equal(tni_keyed_stamp(&w.table), 0);
    insert(&w, 1, 1, 0);
    uint32_t stamp = tni_keyed_stamp(&w.table);
    insert(&w, 1, 2, 0);
    assert_true(tni_keyed_stamp(&w.table) > stamp);
    stamp = tni_keyed_stamp(&w.table);
    tni_keyed_dig(w.s, &w.table, 1, find(&w, 1, 1));
    assert_true(tni_keyed_stamp(&w.table) > stamp);
    end_world(&w, 1);
}

static void
without_memory_nothing_is_inserted(void **state)
{
    struct world w = make_world(state);
    fill(&w, 2, 4); // all that there is room for
    tni_fail_after(&w.s->memory, 0);
    assert_false(tni_keyed_insert(w.s, w.owner, &w.table, 2, tn_ref(w.owner), tn_int(1), NULL));
    tni_fail_after(&w.s->memory, -1);
    assert_int_equal(tni_keyed_len(&w.table, 2), 4);
    assert_int_equal(tn_refcount(w.owner), 1);
    end_world(&w, 2);
}

static void
an_entry_that_is_not_found_under_its_key_is_noticed(void **state)
{
    struct world w = make_world(state);
    fill(&w, 2, MANY);
    tn_value former = w.table.values[10];
    w.table.values[10] = tn_int(7 * MANY);
    assert_false(tni_keyed_check(w.s, &w.table, 2));
    w.table.values[10] = former;
    tn_value value = w.table.values[11];
    w.table.values[11] = TN_ABSENT; // neither an entry nor a hole
    assert_false(tni_keyed_check(w.s, &w.table, 2));
    w.table.values[11] = value;
    end_world(&w, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(a_small_table_is_searched_and_walked_in_order_past_its_holes),
        HEAP_TEST(so_is_one_with_an_index),
        HEAP_TEST(a_rebuild_leaves_the_holes_behind),
        HEAP_TEST(each_change_is_stamped),
        HEAP_TEST(without_memory_nothing_is_inserted),
        HEAP_TEST(an_entry_that_is_not_found_under_its_key_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
