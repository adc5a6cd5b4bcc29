// SPDX-License-Identifier: MIT
//
// What the admin plane says becomes samples and collections on the run's own axis.
#include "watch.h"
#include "responder.h"

enum { RUNS_MOST = 3, START_MS = 1000 };

static struct responder responder;
static struct watch watch;
// On the responder's thread: how many runs there were, and whether the cache answers.
static _Atomic int runs;
static atomic_bool is_deaf;
static _Atomic unsigned looks;

static const char *
reply_with(const char *body)
{
    static char reply[2048];
    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    return reply;
}

// Run n ends n seconds after the start; the last comes first.
static const char *
history(void)
{
    static char body[1024];
    size_t len = (size_t)sprintf(body, "{\"items\":[");
    for (int n = runs; n > 0; n--)
        len += (size_t)sprintf(body + len,
                               "{\"number\":%d,\"ended_at\":\"1970-01-01T00:00:%02d.000Z\","
                               "\"operation\":\"collect\",\"cause\":\"rule\",\"collected\":%d,"
                               "\"pause_max_seconds\":0.002,\"before\":{\"users_resident\":8}}%s",
                               n, START_MS / 1000 + n, 10 * n, n > 1 ? "," : "");
    sprintf(body + len, "]}");
    return reply_with(body);
}

static const char *
answer(const char *request)
{
    if (strstr(request, "/v1/gc/history"))
        return history();
    if (strstr(request, "/v1/memory"))
        return reply_with("{\"traced\":{\"current\":7},\"rss\":9}");
    looks++;
    return is_deaf ? "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
                   : reply_with("{\"resident\":3,\"kept\":1,\"loads\":5}");
}

static int
set_up(void **state)
{
    looks = 0;
    runs = 0;
    is_deaf = false;
    responder_start(&responder, answer);
    watch_init(&watch, responder.address, NULL);
    return 0;
}

static int
tear_down(void **state)
{
    watch_fini(&watch);
    responder_stop(&responder);
    return 0;
}

static void
wait_for_looks(unsigned count)
{
    while (looks < count)
        usleep(1000);
}

static double
number(const json_t *list, size_t i, const char *name)
{
    return json_number_value(json_object_get(json_array_get(list, i), name));
}

static void
a_time_is_milliseconds_since_1970_and_no_time_is_0(void **state)
{
    assert_int_equal(watch_read_time("1970-01-01T00:00:00.001Z"), 1);
    assert_int_equal(watch_read_time("2026-11-22T09:25:00.123Z"), 1795339500123);
    assert_int_equal(watch_read_time("2026-11-22"), 0);
    assert_int_equal(watch_read_time(""), 0);
    assert_int_equal(watch_read_time(NULL), 0);
}

static void
each_collection_of_the_run_comes_once_in_order(void **state)
{
    runs = 1; // before the run
    watch_start(&watch, START_MS);
    wait_for_looks(1);
    runs = RUNS_MOST;
    watch_stop(&watch);
    assert_int_equal(json_array_size(watch.collections), RUNS_MOST - 1);
    for (size_t i = 0; i < RUNS_MOST - 1; i++) {
        assert_true(number(watch.collections, i, "t") == (double)i + 2);
        assert_true(number(watch.collections, i, "collected") == 10 * ((double)i + 2));
        assert_true(number(watch.collections, i, "pause_ms") == 2);
        assert_true(number(watch.collections, i, "resident_before") == 8);
    }
}

static void
a_look_is_a_sample_and_the_end_has_one_more(void **state)
{
    watch_start(&watch, START_MS);
    wait_for_looks(1);
    watch_stop(&watch);
    assert_true(json_array_size(watch.samples) >= 2);
    assert_true(number(watch.samples, 0, "resident") == 3);
    assert_true(number(watch.samples, 0, "loads") == 5);
    assert_true(number(watch.samples, 0, "traced") == 7);
    assert_true(number(watch.samples, 0, "rss") == 9);
}

static void
who_does_not_answer_leaves_a_gap_and_the_watch_goes_on(void **state)
{
    is_deaf = true;
    runs = 0;
    watch_start(&watch, START_MS);
    wait_for_looks(1);
    runs = 1;
    watch_stop(&watch);
    assert_int_equal(json_array_size(watch.samples), 0);
    assert_int_equal(json_array_size(watch.collections), 1);
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_milliseconds_since_1970_and_no_time_is_0),
        WATCH_TEST(each_collection_of_the_run_comes_once_in_order),
        WATCH_TEST(a_look_is_a_sample_and_the_end_has_one_more),
        WATCH_TEST(who_does_not_answer_leaves_a_gap_and_the_watch_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
