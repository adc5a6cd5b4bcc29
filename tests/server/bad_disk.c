// SPDX-License-Identifier: MIT
//
// A disk that is slow, and one that is full: who cannot be served is told so at once and when to
// come again, who needs no disk is served, and nobody has to help afterwards.
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
wait_until_ready(void)
{
    for (int i = 0; i < 100; i++) {
        if (client_call(&service.data, "GET", "/readyz", NULL) == 200)
            return;
        wait_ms(100);
    }
    fail_msg("the service does not recover");
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(who_finds_the_queue_full_is_told_at_once),
        SERVICE_TEST(a_full_disk_refuses_writes_until_there_is_room),
    };
    return cmocka_run_group_tests_name("bad_disk", tests, NULL, NULL);
}
