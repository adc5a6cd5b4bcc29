// SPDX-License-Identifier: MIT
//
// The feed tells what others notify, and proves how long ago nothing could have been missed.
#include "postgres.h"
#include "support.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/feed.h"
#include "store/pg.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { BOUND_MS = 400, OURS = 7, PATIENCE_MS = 10000 };

static _Atomic int64_t ours = OURS;

struct heard {
    _Atomic unsigned changes, losses;
    char kind, id[64]; // of the last change
    struct feed *feed;
    struct pg *other; // another instance
};

static void
on_changed(void *arg, char kind, struct span id)
{
    struct heard *h = arg;
    h->kind = kind;
    snprintf(h->id, sizeof h->id, "%.*s", (int)id.len, id.data);
    h->changes++;
}

static void
on_lost(void *arg)
{
    ((struct heard *)arg)->losses++;
}

static void
wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static bool
is_up(const struct heard *h)
{
    return feed_get_stats(h->feed).is_up;
}

#define EVENTUALLY(condition)                                                                      \
    do {                                                                                           \
        for (int waited = 0; !(condition) && waited < PATIENCE_MS; waited += 5)                    \
            wait_ms(5);                                                                            \
        assert_true(condition);                                                                    \
    } while (0)

static int
set_up(void **state)
{
    char error[256];
    struct heard *h = calloc(1, sizeof *h);
    const struct listener_ops to = {on_changed, on_lost, h};
    log_set_level(LOG_ERROR);
    h->other = pg_open(postgres_conninfo, error, sizeof error);
    h->feed = feed_start(postgres_conninfo, OURS, &ours, BOUND_MS, &to);
    *state = h;
    return h->other && h->feed ? 0 : -1;
}

static int
tear_down(void **state)
{
    struct heard *h = *state;
    feed_stop(h->feed);
    pg_close(h->other);
    free(h);
    return 0;
}

static void
notify(const struct heard *h, const char *payload)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT pg_notify('tenured', E'%s')", payload);
    assert_int_equal(pg_execute(h->other, sql), PG_OK);
}

static void
what_others_notify_is_told_line_by_line(void **state)
{
    struct heard *h = *state;
    EVENTUALLY(is_up(h));
    notify(h, "3:u:ada:7\\n3:s:s_0001x:0\\n");
    EVENTUALLY(h->changes == 2);
    assert_int_equal(h->kind, 's');
    assert_string_equal(h->id, "s_0001x");
    notify(h, "3:u:ada:7\\nbob\\n");
    EVENTUALLY(h->changes == 4);
    assert_int_equal(h->kind, 'u');
    assert_string_equal(h->id, "bob");
    notify(h, "3:e::0");
    EVENTUALLY(h->changes == 5);
    assert_int_equal(h->kind, 'e');
    assert_string_equal(h->id, "");
}

static void
what_we_notified_ourselves_is_not_told(void **state)
{
    struct heard *h = *state;
    EVENTUALLY(is_up(h));
    unsigned losses = h->losses;
    notify(h, "7:u:ada:7\\n7:*\\n");
    notify(h, "3:u:bob:1");
    EVENTUALLY(h->changes == 1);
    assert_string_equal(h->id, "bob");
    assert_int_equal(h->losses, losses);
}

// A batch that seemed lost may be committed after we have read again what was there before it.
static void
what_may_be_of_a_lost_batch_is_told_although_it_is_ours(void **state)
{
    struct heard *h = *state;
    EVENTUALLY(is_up(h));
    ours = 0;
    notify(h, "7:u:ada:1");
    EVENTUALLY(h->changes == 1);
    ours = 9;
    notify(h, "9:u:bob:1");
    notify(h, "7:u:cy:1");
    EVENTUALLY(h->changes == 2);
    assert_string_equal(h->id, "cy");
    uint64_t beats = feed_get_stats(h->feed).beats;
    EVENTUALLY(feed_get_stats(h->feed).beats > beats);
    ours = OURS;
}

static void
whatever_is_not_understood_is_a_reason_to_doubt_everything(void **state)
{
    static const char *const payloads[] = {"3:*", "", "3", "nonsense", "3:u", "3:u:ada"};
    struct heard *h = *state;
    EVENTUALLY(is_up(h));
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        unsigned losses = h->losses;
        uint64_t read = clock_monotonic_ns();
        notify(h, *payloads[i] ? payloads[i] : "\\n");
        EVENTUALLY(h->losses > losses);
        assert_int_equal(feed_true_as_of(h->feed, read), read);
    }
    assert_int_equal(h->changes, 0);
}

// A beat that came back vouches for what was read after the feed began to listen and before it.
static void
a_beat_vouches_for_what_was_read_before_it(void **state)
{
    struct heard *h = *state;
    uint64_t early = clock_monotonic_ns() - UINT64_C(60000000000);
    EVENTUALLY(is_up(h));
    uint64_t read = clock_monotonic_ns();
    assert_int_equal(feed_true_as_of(h->feed, read), read);
    EVENTUALLY(feed_true_as_of(h->feed, read) > read);
    assert_int_equal(feed_true_as_of(h->feed, early), early); // from before it listened
    uint64_t beats = feed_get_stats(h->feed).beats;
    wait_ms(BOUND_MS);
    assert_in_range(feed_get_stats(h->feed).beats - beats, 2, 5);
    feed_doubt(h->feed);
    assert_int_equal(feed_true_as_of(h->feed, read), read);
}

static void
a_connection_that_is_lost_is_told_and_made_anew(void **state)
{
    struct heard *h = *state;
    EVENTUALLY(is_up(h));
    unsigned losses = h->losses;
    uint64_t read = clock_monotonic_ns();
    EVENTUALLY(feed_true_as_of(h->feed, read) > read);
    assert_int_equal(pg_execute(h->other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                          "WHERE pid <> pg_backend_pid() AND "
                                          "application_name = 'tenured'"),
                     PG_OK);
    EVENTUALLY(feed_get_stats(h->feed).losses == 1 && h->losses > losses);
    EVENTUALLY(is_up(h));
    assert_int_equal(feed_true_as_of(h->feed, read), read); // what happened meanwhile was not told
    notify(h, "3:u:ada:7");
    EVENTUALLY(h->changes == 1);
}

// It may listen and not notify: each attempt that brings no beat makes the next one later.
static void
a_server_that_takes_no_beat_is_not_asked_all_the_time(void **state)
{
    const struct heard *h = *state;
    const struct listener_ops to = {on_changed, on_lost, &(struct heard){0}};
    char conninfo[256];
    assert_int_equal(pg_execute(h->other, "CREATE ROLE mute LOGIN; REVOKE EXECUTE ON FUNCTION "
                                          "pg_notify(text, text) FROM PUBLIC"),
                     PG_OK);
    snprintf(conninfo, sizeof conninfo, "%s user=mute", postgres_conninfo);
    struct feed *mute = feed_start(conninfo, OURS + 1, &ours, BOUND_MS, &to);
    assert_non_null(mute);
    EVENTUALLY(feed_get_stats(mute).losses > 0);
    wait_ms(500);
    assert_in_range(feed_get_stats(mute).losses, 2, 8);
    feed_stop(mute);
    assert_int_equal(pg_execute(h->other, "GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO "
                                          "PUBLIC; DROP ROLE mute"),
                     PG_OK);
}

static void
a_server_that_is_not_there_is_no_feed(void **state)
{
    struct heard h = {0};
    const struct listener_ops to = {on_changed, on_lost, &h};
    h.feed = feed_start("host=127.0.0.1 port=1", OURS, &ours, BOUND_MS, &to);
    wait_ms(BOUND_MS);
    assert_false(is_up(&h));
    assert_int_equal(feed_true_as_of(h.feed, 5), 5);
    feed_stop(h.feed);
}

#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FEED_TEST(what_others_notify_is_told_line_by_line),
        FEED_TEST(what_we_notified_ourselves_is_not_told),
        FEED_TEST(what_may_be_of_a_lost_batch_is_told_although_it_is_ours),
        FEED_TEST(whatever_is_not_understood_is_a_reason_to_doubt_everything),
        FEED_TEST(a_beat_vouches_for_what_was_read_before_it),
        FEED_TEST(a_connection_that_is_lost_is_told_and_made_anew),
        FEED_TEST(a_server_that_takes_no_beat_is_not_asked_all_the_time),
    };
    const struct CMUnitTest alone[] = {cmocka_unit_test(a_server_that_is_not_there_is_no_feed)};
    return cmocka_run_group_tests_name("without a server", alone, NULL, NULL) +
           (postgres_is_there() ? cmocka_run_group_tests(tests, postgres_start, postgres_stop) : 0);
}
