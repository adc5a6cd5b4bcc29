// SPDX-License-Identifier: MIT
//
// What instances tell each other: as short as it may be, and read as it was meant.
#include "support.h"

#include "store/pg_notice.h"

#include <string.h>

enum { HEARD_SIZE = 256 };

static void
note(void *arg, const struct pg_line *line)
{
    char *heard = arg;
    size_t len = strlen(heard);
    snprintf(heard + len, HEARD_SIZE - len, "%lld %c %.*s, ", (long long)line->instance,
             line->kind ? line->kind : '?', (int)line->id.len, line->id.data);
}

static void
assert_read(const char *payload, const char *expected)
{
    char heard[HEARD_SIZE] = "";
    pg_notice_read(span_of(payload), note, heard);
    assert_string_equal(heard, expected);
}

static void
a_line_without_a_colon_is_another_id(void **state)
{
    assert_read("3:u:ada:0\nbob\neve@example.org\n", "3 u ada, 3 u bob, 3 u eve@example.org, ");
    assert_read("3:s:s_1:0\ns_2\n3:u:ada:7\nbob", "3 s s_1, 3 s s_2, 3 u ada, 3 u bob, ");
    assert_read("3:e::0\n", "3 e , ");
}

static void
what_is_not_understood_says_so(void **state)
{
    assert_read("3:*", "3 ? , ");
    assert_read("ada\n", "0 ? , ");                  // another id of whom?
    assert_read("3:u:ada:0\n\n", "3 u ada, 0 ? , "); // an id is not empty
    assert_read("3:*\nada", "3 ? , 0 ? , ");
    assert_read("3:u:ada", "3 ? , ");
}

static void
what_is_alike_is_said_once(void **state)
{
    struct pg_notices n;
    pg_notices_init(&n, 3);
    pg_notices_add(&n, 'u', SPAN("ada"), 0);
    pg_notices_add(&n, 'u', SPAN("bob"), 0);
    pg_notices_add(&n, 'u', SPAN("eve"), 7);
    pg_notices_add(&n, 's', SPAN("s_1"), 7);
    assert_string_equal(n.bytes.data, "3:u:ada:0\nbob\n3:u:eve:7\n3:s:s_1:7\n");
    assert_int_equal(n.count, 0);
    pg_notices_fini(&n);
}

// As long as ids of sessions are; [count] of them.
static void
add_touches(struct pg_notices *n, size_t count)
{
    char id[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof id, "s_%04zxAAAAAAAAAAAAAAAAAAAAAA", i & 0xffff);
        pg_notices_add(n, 's', span_of(id), 0);
    }
}

static void
the_touches_of_a_shard_fit_in_one_notice(void **state)
{
    struct pg_notices n;
    pg_notices_init(&n, INT64_MAX);
    add_touches(&n, 256);
    assert_int_equal(n.count, 0);
    assert_in_range(n.bytes.len, 256 * 29, PG_NOTICE_SIZE);
    pg_notices_fini(&n);
}

static void
each_notice_begins_with_a_whole_line(void **state)
{
    struct pg_notices n;
    pg_notices_init(&n, 3);
    add_touches(&n, 1000);
    assert_int_equal(n.count, PG_NOTICES_MOST - 1);
    assert_false(n.is_anything);
    for (size_t i = 0, at = 0; i < n.count; at = n.ends[i++]) {
        assert_in_range(n.ends[i] - at, 1, PG_NOTICE_SIZE);
        assert_memory_equal(n.bytes.data + n.ends[i], "3:s:s_", 6);
        assert_int_equal(n.bytes.data[n.ends[i] - 1], '\n');
    }
    add_touches(&n, 1000);
    assert_true(n.is_anything);
    pg_notices_fini(&n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_without_a_colon_is_another_id),
        cmocka_unit_test(what_is_not_understood_says_so),
        cmocka_unit_test(what_is_alike_is_said_once),
        cmocka_unit_test(the_touches_of_a_shard_fit_in_one_notice),
        cmocka_unit_test(each_notice_begins_with_a_whole_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
