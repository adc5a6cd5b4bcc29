// SPDX-License-Identifier: MIT
//
// The table of objects by a key inside them, against a plain array that says what must be there.
#include "domain/index.h"
#include "heap_fixture.h"

enum { KEY_SIZE = 12, MANY = 2000 };

// Other bytes before the key, so that its offset matters.
struct item {
    uint32_t other;
    char key[KEY_SIZE];
};

struct fixture {
    tn_heap *heap;
    tn_type *type, *account;
    struct index index;
    tn_object *items[MANY];
};

static void
begin(struct fixture *f, void **state)
{
    *f = (struct fixture){.heap = heap_fixture_heap(state)};
    tn_type_spec item = {.name = "item", .native = sizeof(struct item), .flags = TN_ACYCLIC};
    tn_type_spec account = {.name = "index", .flags = TN_DOMAIN};
    assert_int_equal(tn_type_register(f->heap, &item, &f->type), TN_OK);
    assert_int_equal(tn_type_register(f->heap, &account, &f->account), TN_OK);
    index_init(&f->index, f->heap, f->account, offsetof(struct item, key), KEY_SIZE);
}

static void
end(struct fixture *f)
{
    index_fini(&f->index);
    for (size_t i = 0; i < MANY; i++)
        tn_decref(f->items[i]);
}

static tn_object *
make_item(struct fixture *f, size_t number, dice *d)
{
    tn_object *o = tn_new(f->heap, f->type);
    assert_non_null(o);
    struct item *item = tn_payload(o);
    uint64_t random = dice_next(d);
    memcpy(item->key, &(uint32_t){(uint32_t)number}, 4);
    memcpy(item->key + 4, &random, 8);
    f->items[number] = o;
    return o;
}

static const char *
key_of(const tn_object *o)
{
    return ((struct item *)tn_payload(o))->key;
}

static void
put(struct fixture *f, tn_object *o)
{
    assert_true(index_reserve(&f->index));
    index_put(&f->index, o);
}

static void
what_was_put_is_found_and_what_was_removed_is_not(void **state)
{
    struct fixture f;
    dice d;
    dice_init(&d, "index");
    begin(&f, state);
    tn_object *a = make_item(&f, 0, &d), *b = make_item(&f, 1, &d);
    assert_null(index_borrow(&f.index, key_of(a))); // nothing was ever put
    put(&f, a);
    assert_ptr_equal(index_borrow(&f.index, key_of(a)), a);
    assert_null(index_borrow(&f.index, key_of(b)));
    put(&f, b);
    index_remove(&f.index, a);
    assert_null(index_borrow(&f.index, key_of(a)));
    assert_ptr_equal(index_borrow(&f.index, key_of(b)), b);
    assert_int_equal(f.index.count, 1);
    end(&f);
}

static void
keys_that_end_alike_are_told_apart(void **state)
{
    struct fixture f;
    dice d;
    dice_init(&d, "index");
    begin(&f, state);
    for (size_t i = 0; i < 40; i++) {
        struct item *item = tn_payload(make_item(&f, i, &d));
        memset(item->key + 4, 'x', 8); // the hash is made of these
        put(&f, f.items[i]);
    }
    for (size_t i = 0; i < 40; i += 2)
        index_remove(&f.index, f.items[i]);
    for (size_t i = 0; i < 40; i++)
        assert_ptr_equal(index_borrow(&f.index, key_of(f.items[i])), i % 2 ? f.items[i] : NULL);
    end(&f);
}

static size_t
count_walked(const struct index *x)
{
    size_t cursor = 0, count = 0;
    tn_object *o;
    while (index_next(x, &cursor, &o))
        count += index_borrow(x, key_of(o)) == o;
    return count;
}

static void
random_puts_and_removals_leave_what_a_plain_array_has(void **state)
{
    struct fixture f;
    bool there[MANY] = {false};
    dice d;
    size_t count = 0;
    dice_init(&d, "index");
    begin(&f, state);
    for (size_t i = 0; i < MANY; i++)
        make_item(&f, i, &d);
    for (size_t step = 0; step < 10 * MANY; step++) {
        size_t i = dice_below(&d, MANY);
        if (there[i])
            index_remove(&f.index, f.items[i]);
        else
            put(&f, f.items[i]);
        there[i] = !there[i];
        count += there[i] ? 1 : -1;
    }
    for (size_t i = 0; i < MANY; i++)
        DICE_ASSERT(&d,
                    index_borrow(&f.index, key_of(f.items[i])) == (there[i] ? f.items[i] : NULL));
    DICE_ASSERT(&d, f.index.count == count && count_walked(&f.index) == count);
    DICE_ASSERT(&d, f.index.count * 4 <= f.index.room * 3);
    end(&f);
}

static void
reserved_places_need_no_more_memory(void **state)
{
    struct fixture f;
    dice d;
    dice_init(&d, "index");
    begin(&f, state);
    for (size_t i = 0; i < 500; i++)
        assert_true(index_reserve(&f.index));
    size_t bytes = heap_current(f.heap), room = f.index.room;
    for (size_t i = 0; i < 400; i++)
        index_put(&f.index, make_item(&f, i, &d));
    for (size_t i = 0; i < 100; i++)
        index_release(&f.index);
    assert_int_equal(f.index.room, room);
    assert_int_equal(f.index.reserved, 0);
    assert_true(bytes >= room * sizeof(struct index_slot)); // counted by the heap
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(what_was_put_is_found_and_what_was_removed_is_not),
        HEAP_TEST(keys_that_end_alike_are_told_apart),
        HEAP_TEST(random_puts_and_removals_leave_what_a_plain_array_has),
        HEAP_TEST(reserved_places_need_no_more_memory),
    };
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
