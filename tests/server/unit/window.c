// SPDX-License-Identifier: MIT
//
// server/admin/window.c: numbers are read strictly, and a page ends with the cursor of the next.
// What a query holds is read from real requests.
#include "admin/window.h"
#include "support.h"
#include "wire.h"

#include "http/listener.h"

#include <unistd.h>

static struct listener *listener;
static struct wire_reply reply;

static bool
reads(const char *text, uint64_t *number)
{
    return window_read_number(span_of(text), number);
}

static void
a_number_is_digits_and_nothing_else(void **state)
{
    static const char *const none[] = {"",   " 1",  "1 ",  "+1",  "-1",
                                       "1x", "0x1", "1.0", "1e3", "9999999999999999999"};
    uint64_t number;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(reads(none[i], &number));
    assert_true(reads("0", &number) && number == 0);
    assert_true(reads("007", &number) && number == 7);
    assert_true(reads("999999999999999999", &number) && number == UINT64_C(999999999999999999));
}

static void
expect_end(uint64_t last, const char *expected)
{
    struct text t;
    text_init(&t);
    window_end(&t, last);
    assert_int_equal(t.len, strlen(expected));
    assert_memory_equal(t.data, expected, t.len);
    text_fini(&t);
}

static void
a_page_ends_with_the_cursor_of_the_next_or_null(void **state)
{
    expect_end(17, "],\"next_cursor\":\"17\"}");
    expect_end(0, "],\"next_cursor\":null}");
}

// --- Over HTTP -----------------------------------------------------------------------------------

static void
show_window(struct request *r)
{
    struct window w;
    struct text t;
    if (!window_read(r, 100, &w))
        return;
    text_init(&t);
    text_addf(&t, "%zu below %lu", w.limit, (unsigned long)w.below);
    reply_text(r, 200, "text/plain", &t);
}

static const struct route routes[] = {
    {"GET", "/", show_window, ACCESS_READ},
    {NULL, NULL, NULL, 0},
};

static int
start_listener(void **state)
{
    char error[256];
    const struct listener_options options = {
        .host = "127.0.0.1", .threads = 1, .connections = 16, .body_limit = 1000, .routes = routes};
    listener = listener_start(&options, error, sizeof error);
    return listener == NULL;
}

static int
stop_listener(void **state)
{
    listener_stop(listener);
    return 0;
}

static void
expect_reply(const char *query, int status, const char *words)
{
    char request[256];
    int fd = wire_open(listener_port(listener));
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n", query);
    wire_sends(fd, request);
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, status);
    assert_non_null(strstr(reply.body, words));
    close(fd);
}

static void
without_a_query_it_is_the_last_50(void **state)
{
    expect_reply("", 200, "50 below 18446744073709551615");
}

static void
limit_and_cursor_are_taken_within_their_bounds(void **state)
{
    expect_reply("?limit=1&cursor=1", 200, "1 below 1");
    expect_reply("?limit=100&cursor=999", 200, "100 below 999");
    expect_reply("?limit=0", 422, "limit must be a number from 1 to 100.");
    expect_reply("?limit=101", 422, "limit must be");
    expect_reply("?limit=", 422, "limit must be");
    expect_reply("?cursor=0", 422, "cursor must be the next_cursor");
    expect_reply("?cursor=x", 422, "cursor must be");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_digits_and_nothing_else),
        cmocka_unit_test(a_page_ends_with_the_cursor_of_the_next_or_null),
        cmocka_unit_test(without_a_query_it_is_the_last_50),
        cmocka_unit_test(limit_and_cursor_are_taken_within_their_bounds),
    };
    return cmocka_run_group_tests_name("window", tests, start_listener, stop_listener);
}
