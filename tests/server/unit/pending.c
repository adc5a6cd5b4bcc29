// SPDX-License-Identifier: MIT
//
// Operations of one key follow each other; operations of different keys do not know each other.
#include "domain/pending.h"
#include "support.h"

enum { KEYS = 3000, OPERATIONS = 4 }; // three keys a bucket

static struct pending table;

static struct pending_op
op_of(enum pending_kind kind, const char *id)
{
    return (struct pending_op){.kind = kind, .id = span_of(id)};
}

static void
the_first_is_under_way_and_the_others_follow_in_order(void **state)
{
    struct pending_op a = op_of(PENDING_USER, "ada"), b = a, c = a;
    pending_init(&table);
    assert_true(pending_enter(&table, &a));
    assert_false(pending_enter(&table, &b));
    assert_false(pending_enter(&table, &c));
    assert_ptr_equal(pending_find(&table, PENDING_USER, SPAN("ada")), &a);
    assert_ptr_equal(pending_leave(&table, &a), &b);
    assert_ptr_equal(pending_find(&table, PENDING_USER, SPAN("ada")), &b);
    assert_ptr_equal(pending_leave(&table, &b), &c);
    assert_null(pending_leave(&table, &c));
    assert_null(pending_find(&table, PENDING_USER, SPAN("ada")));
}

static void
a_user_and_a_session_of_the_same_id_are_two_keys(void **state)
{
    struct pending_op user = op_of(PENDING_USER, "x"), session = op_of(PENDING_SESSION, "x");
    pending_init(&table);
    assert_true(pending_enter(&table, &user));
    assert_true(pending_enter(&table, &session));
    assert_null(pending_leave(&table, &user));
    assert_ptr_equal(pending_find(&table, PENDING_SESSION, SPAN("x")), &session);
    assert_null(pending_leave(&table, &session));
}

static void
whoever_comes_while_the_second_is_under_way_is_last(void **state)
{
    struct pending_op a = op_of(PENDING_USER, "ada"), b = a, c = a;
    pending_init(&table);
    pending_enter(&table, &a);
    pending_enter(&table, &b);
    pending_leave(&table, &a);
    assert_false(pending_enter(&table, &c));
    assert_ptr_equal(pending_leave(&table, &b), &c);
    assert_null(pending_leave(&table, &c));
}

static void
keys_that_share_a_bucket_keep_their_own_queues(void **state)
{
    static struct pending_op ops[KEYS][OPERATIONS];
    static char ids[KEYS][24];
    pending_init(&table);
    for (int n = 0; n < OPERATIONS; n++)
        for (int k = 0; k < KEYS; k++) {
            snprintf(ids[k], sizeof ids[k], "user-%d", k);
            ops[k][n] = op_of(PENDING_USER, ids[k]);
            assert_int_equal(pending_enter(&table, &ops[k][n]), n == 0);
        }
    for (int n = 0; n < OPERATIONS; n++)
        for (int k = KEYS - 1; k >= 0; k--)
            assert_ptr_equal(pending_leave(&table, &ops[k][n]),
                             n + 1 < OPERATIONS ? &ops[k][n + 1] : NULL);
    for (int b = 0; b < PENDING_BUCKETS; b++)
        assert_null(table.buckets[b]);
}

static void
all_under_way_of_a_kind_are_walked_once(void **state)
{
    static struct pending_op ops[KEYS];
    static char ids[KEYS][16];
    pending_init(&table);
    for (int i = 0; i < KEYS; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i / 2);
        ops[i] = op_of(i % 2 ? PENDING_ENDING : PENDING_USER, ids[i]);
        assert_true(pending_enter(&table, &ops[i]));
    }
    size_t count = 0;
    for (const struct pending_op *op = NULL; (op = pending_next(&table, PENDING_ENDING, op));) {
        assert_int_equal(op->kind, PENDING_ENDING);
        count++;
    }
    assert_int_equal(count, KEYS / 2);
    assert_null(pending_next(&table, PENDING_SESSION, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_under_way_and_the_others_follow_in_order),
        cmocka_unit_test(a_user_and_a_session_of_the_same_id_are_two_keys),
        cmocka_unit_test(whoever_comes_while_the_second_is_under_way_is_last),
        cmocka_unit_test(all_under_way_of_a_kind_are_walked_once),
        cmocka_unit_test(keys_that_share_a_bucket_keep_their_own_queues),
    };
    return cmocka_run_group_tests_name("pending", tests, NULL, NULL);
}
