// SPDX-License-Identifier: MIT
//
// A disk that is slow, one that is full, and one that hangs: who cannot be served is told so at
// once and when to come again, who needs no disk is served, and nobody has to help afterwards.
#include "service_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { CLIENTS = 24, WRITES = 10, SYNC_MS = 300, QUEUE = 4 };

static atomic_uint written, refused, faults;
static atomic_long slowest_refusal_ms;

static void
use_disk(void)
{
    free(service.server.program);
    service.server.program = strdup(getenv("PROGRAM_ON_DISK"));
}

static long
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
note_refusal(struct client *c, long ms)
{
    char *after = client_reply_header(c, "Retry-After");
    if (c->status != 503 || !strstr(c->body.data, "problem:overloaded") || !after ||
        atoi(after) < 1)
        faults++;
    free(after);
    refused++;
    if (ms > slowest_refusal_ms)
        slowest_refusal_ms = ms;
}

static void *
crowd(void *arg)
{
    struct client c;
    char path[64];
    client_init(&c, service.server.data_port);
    for (int i = 0; i < WRITES; i++) {
        snprintf(path, sizeof path, "/v1/users/u%d-%d", *(int *)arg, i);
        long before = now_ms();
        if (client_call(&c, "PUT", path, "{\"name\":\"Somebody\"}") == 201)
            written++;
        else
            note_refusal(&c, now_ms() - before);
    }
    client_fini(&c);
    return NULL;
}

static void
who_finds_the_queue_full_is_told_at_once(void **state)
{
    pthread_t threads[CLIENTS];
    int numbers[CLIENTS];
    char sync[16], queue[32];
    use_disk();
    snprintf(sync, sizeof sync, "%d", SYNC_MS);
    snprintf(queue, sizeof queue, "store.queue=%d", QUEUE);
    setenv("TENURED_TEST_SYNC_MS", sync, 1);
    START(queue);
    unsetenv("TENURED_TEST_SYNC_MS");
    written = refused = faults = 0;
    slowest_refusal_ms = 0;
    make_user("ada");
    struct known_session s = make_session("ada", "");
    for (int i = 0; i < CLIENTS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, crowd, &numbers[i]), 0);
    }
    long before = now_ms();
    verify(200, s.token); // needs no disk
    assert_true(now_ms() - before < SYNC_MS);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(faults, 0);
    assert_int_equal(written + refused, CLIENTS * WRITES);
    assert_true(written > 0 && refused > 0);
    assert_true(slowest_refusal_ms < SYNC_MS); // of the queue, not behind it
    make_user("bob");
}

static void
a_full_disk_refuses_writes_until_there_is_room(void **state)
{
    char sign[512];
    use_disk();
    snprintf(sign, sizeof sign, "%s/full", service.server.folder);
    setenv("TENURED_TEST_FULL", sign, 1);
    START(NULL);
    unsetenv("TENURED_TEST_FULL");
    make_user("ada");
    struct known_session s = make_session("ada", ",\"data\":{\"n\":1}");
    FILE *f = fopen(sign, "we");
    fclose(f);
    expect_refused(503, "store-unavailable", "PUT", "/v1/users/bob", "{\"name\":\"Bob\"}");
    expect_header("Retry-After", "1");
    expect_refused(503, "not-ready", "GET", "/readyz", NULL);
    expect(200, "GET", "/livez", NULL);
    verify(200, s.token);
    EXPECT_HAS("\"data\":{\"n\":1}");
    expect_refused(503, "store-unavailable", "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    // A revocation holds at once, though it is not acknowledged.
    expect_refused(503, "store-unavailable", "DELETE", s.path, NULL);
    expect_dead(&s);
    unlink(sign);
    wait_until_ready(); // nobody writes meanwhile
    expect(404, "GET", "/v1/users/bob", NULL);
    make_user("bob");
    expect(204, "DELETE", s.path, NULL);
    char *log = server_log(&service.server);
    assert_non_null(strstr(log, "the disk is full; make room"));
    assert_non_null(strstr(log, "store_recovered"));
    free(log);
}

// --- A disk that hangs ---------------------------------------------------------------------------

enum { WORK_MS = 1000, LATE_MS = 1500 }; // two ticks, and a machine with other work

static char hang_sign[512];

static void
start_on_a_disk_that_may_hang(const char *variable)
{
    use_disk();
    snprintf(hang_sign, sizeof hang_sign, "%s/hang", service.server.folder);
    setenv(variable, hang_sign, 1);
    START("http.work_timeout=1s", "cache.negative_ttl=0s", "shards=2");
    unsetenv(variable);
}

// The sweeper writes it down when it comes by.
static void
wait_until_logged(const char *words)
{
    for (int i = 0; i < 100; i++) {
        char *log = server_log(&service.server);
        bool is_there = strstr(log, words) != NULL;
        free(log);
        if (is_there)
            return;
        wait_ms(50);
    }
    fail_msg("the log does not say: %s", words);
}

static void
set_hanging(bool hangs)
{
    if (hangs)
        fclose(fopen(hang_sign, "we"));
    else
        unlink(hang_sign);
}

struct waiter {
    pthread_t thread;
    const char *method, *path, *body;
    long status, ms;
    bool is_problem, may_come_again, is_last;
};

static void *
wait_for_reply(void *arg)
{
    struct waiter *w = arg;
    struct client c;
    client_init(&c, service.server.data_port);
    long before = now_ms();
    w->status = client_call(&c, w->method, w->path, w->body);
    w->ms = now_ms() - before;
    w->is_problem = c.body.data && strstr(c.body.data, "problem:overdue");
    char *after = client_reply_header(&c, "Retry-After"),
         *last = client_reply_header(&c, "Connection");
    w->may_come_again = after && strcmp(after, "1") == 0;
    w->is_last = last && strcmp(last, "close") == 0;
    free(after);
    free(last);
    client_fini(&c);
    return NULL;
}

static void
expect_soon(long status, const char *method, const char *path, const char *body)
{
    long before = now_ms();
    expect(status, method, path, body);
    assert_true(now_ms() - before < WORK_MS / 2);
}

static void
a_disk_that_hangs_makes_nobody_wait_longer_than_the_work_timeout(void **state)
{
    char held[128], freed[128];
    start_on_a_disk_that_may_hang("TENURED_TEST_HANG");
    make_user("ada");
    struct known_session s = make_session("ada", ""), ended = make_session("ada", "");
    snprintf(held, sizeof held, "%s/data", s.path);
    snprintf(freed, sizeof freed, "%s", ended.path);
    struct waiter waiters[] = {
        {.method = "PUT", .path = "/v1/users/bob", .body = "{\"name\":\"Bob\"}"},
        {.method = "PUT", .path = "/v1/users/bob", .body = "{\"name\":\"Behind\"}"},
        {.method = "POST", .path = "/v1/sessions", .body = "{\"user_id\":\"ada\"}"},
        {.method = "PATCH", .path = "/v1/users/ada", .body = "{\"name\":\"Ada\"}"},
        {.method = "DELETE", .path = freed},
    };
    enum { WAITERS = sizeof waiters / sizeof waiters[0] };
    set_hanging(true);
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_reply, &waiters[i]), 0);
    wait_ms(WORK_MS / 4);
    verify(200, s.token); // needs no disk
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].status, 503);
        assert_true(waiters[i].is_problem && waiters[i].may_come_again && waiters[i].is_last);
        assert_in_range(waiters[i].ms, WORK_MS, WORK_MS + LATE_MS);
    }
    // Now it is known: nobody begins to wait, and a revocation holds.
    wait_ms(WORK_MS / 2);
    expect_soon(503, "PUT", "/v1/users/carl", "{\"name\":\"Carl\"}");
    expect_soon(503, "PUT", "/v1/users/bob", "{\"name\":\"Bobby\"}");
    client_add_header(&service.data, "If-Match: *");
    expect_soon(503, "PUT", held, "{\"n\":1}");
    expect_soon(200, "GET", s.path, NULL);
    expect_soon(503, "GET", "/readyz", NULL);
    expect_soon(200, "GET", "/livez", NULL);
    expect_soon(503, "DELETE", s.path, NULL);
    expect_dead(&s);
    expect_dead(&ended);
    set_hanging(false);
    wait_until_ready();
    // What had been accepted was done, in its order; what was refused was not.
    expect(200, "GET", "/v1/users/bob", NULL);
    expect(404, "GET", "/v1/users/carl", NULL);
    expect(204, "DELETE", s.path, NULL);
    expect_dead(&s);
    make_user("carl");
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    assert_non_null(
        strstr(service.admin.body.data, "tenured_http_cut_total{plane=\"data\",phase=\"work\"} 5"));
    wait_until_logged("store_hangs");
    wait_until_logged("store_goes_on");
}

static void
a_disk_that_hangs_while_it_is_read_makes_nobody_wait_longer_either(void **state)
{
    start_on_a_disk_that_may_hang("TENURED_TEST_HANG_READS");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    expect(404, "GET", "/v1/users/nobody", NULL); // the reader is open
    for (int i = 0; i < 50; i++) {                // so many that its cache does not hold them all
        char path[64], body[4096];
        snprintf(path, sizeof path, "/v1/users/u%03d", i);
        snprintf(body, sizeof body, "{\"name\":\"%0*d\"}", 4000, i);
        expect(201, "PUT", path, body);
    }
    collect();
    set_hanging(true);
    struct waiter w = {.method = "GET", .path = "/v1/users/u010"};
    wait_for_reply(&w);
    assert_int_equal(w.status, 503);
    assert_true(w.is_problem && w.is_last);
    assert_in_range(w.ms, WORK_MS, WORK_MS + LATE_MS);
    wait_ms(WORK_MS / 2);
    expect_soon(503, "GET", "/v1/users/u020", NULL);
    expect_soon(503, "GET", "/readyz", NULL);
    verify(200, s.token);
    set_hanging(false);
    wait_until_ready();
    expect(200, "GET", "/v1/users/u020", NULL);
    expect(200, "GET", "/v1/users/u010", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(who_finds_the_queue_full_is_told_at_once),
        SERVICE_TEST(a_full_disk_refuses_writes_until_there_is_room),
        SERVICE_TEST(a_disk_that_hangs_makes_nobody_wait_longer_than_the_work_timeout),
        SERVICE_TEST(a_disk_that_hangs_while_it_is_read_makes_nobody_wait_longer_either),
    };
    return cmocka_run_group_tests_name("bad_disk", tests, NULL, NULL);
}
