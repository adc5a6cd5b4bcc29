// SPDX-License-Identifier: MIT
//
// The program as it is built, on a disk whose fsync and write fail: the library that LD_PRELOAD
// names stands before the C library. Who writes is told so, who is in memory is served, what is
// shown is what was acknowledged, and nobody has to help when the disk is well again.
#include "service_fixture.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { OWNERS = 8, ROUNDS = 8, WELL_MS = 300, FAILING_MS = 100 };

static char sign[512]; // while this file is there, the disk fails as it says

static void
keep_sanitizer_quiet(void)
{
    char options[512];
    const char *given = getenv("ASAN_OPTIONS");
    snprintf(options, sizeof options, "%s:verify_asan_link_order=0", given ? given : "");
    setenv("ASAN_OPTIONS", options, 1); // it wants to be the first library otherwise
}

static void
start_preloaded(void)
{
    snprintf(sign, sizeof sign, "%s/sign", service.server.folder);
    setenv("FAILING_DISK", sign, 1);
    setenv("FAILING_DISK_STORE", "tenured.db", 1);
    setenv("LD_PRELOAD", getenv("FAILING_DISK_LIBRARY"), 1);
    START("shards=2", "cache.negative_ttl=0s");
    unsetenv("LD_PRELOAD");
}

// [fault] NULL: the disk is well. The sign is there whole or not at all.
static void
set_fault(const char *fault)
{
    char draft[520];
    if (!fault) {
        unlink(sign);
        return;
    }
    snprintf(draft, sizeof draft, "%s.new", sign);
    FILE *f = fopen(draft, "we");
    assert_non_null(f);
    fputs(fault, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(draft, sign), 0);
}

static void
kill_and_start_again(void)
{
    server_kill(&service.server);
    client_fini(&service.data);
    client_fini(&service.admin);
    set_fault(NULL);
    start_preloaded();
}

// --- What was acknowledged, and what is shown ----------------------------------------------------

// Each has a user and a session of its own, so it knows what must be shown.
struct owner {
    struct client client;
    pthread_t thread;
    unsigned name, data;           // numbers in what was acknowledged
    unsigned last_name, last_data; // and in what was tried
    unsigned refused;
    struct known_session session;
    char user[32], of_session[80];
    char fault[512]; // "": none
};

static struct owner owners[OWNERS];
static atomic_bool is_over;

static void
note(struct owner *o, const char *what)
{
    if (!o->fault[0])
        snprintf(o->fault, sizeof o->fault, "%s: %ld, name %u, data %u: %.300s", what,
                 o->client.status, o->name, o->data,
                 o->client.body.data ? o->client.body.data : "");
}

// The number behind [word] in the reply to GET [path]; UINT_MAX where there is none.
static unsigned
shown_number(struct owner *o, const char *path, const char *word)
{
    unsigned number = UINT_MAX;
    const char *at = client_call(&o->client, "GET", path, NULL) == 200
                         ? strstr(o->client.body.data, word)
                         : NULL;
    if (at)
        sscanf(at + strlen(word), "%u", &number);
    return number;
}

static void
compare(struct owner *o)
{
    if (shown_number(o, o->user, "\"name\":\"n") != o->name)
        note(o, "the user");
    if (shown_number(o, o->session.path, "\"data\":{\"n\":") != o->data)
        note(o, "the session");
}

static bool
may_come_again(struct owner *o)
{
    char *after = client_reply_header(&o->client, "Retry-After");
    bool may = after && strcmp(after, "1") == 0 &&
               strstr(o->client.body.data, "urn:tenure:problem:store-unavailable") &&
               strstr(o->client.body.data, "The store did not do this; it may later.");
    free(after);
    return may;
}

// True: acknowledged.
static bool
put(struct owner *o, const char *path, const char *format, unsigned number)
{
    char body[64];
    snprintf(body, sizeof body, format, number);
    client_add_header(&o->client, "If-Match: *");
    long status = client_call(&o->client, "PUT", path, body);
    o->refused += status == 503;
    if (status != 200 && (status != 503 || !may_come_again(o)))
        note(o, path);
    return status == 200;
}

static void
put_both(struct owner *o)
{
    if (put(o, o->user, "{\"name\":\"n%u\"}", ++o->last_name))
        o->name = o->last_name;
    compare(o);
    if (put(o, o->of_session, "{\"n\":%u}", ++o->last_data))
        o->data = o->last_data;
    compare(o);
}

static void
make_owner(struct owner *o, unsigned number)
{
    char id[16];
    *o = (struct owner){0};
    snprintf(id, sizeof id, "u%u", number);
    snprintf(o->user, sizeof o->user, "/v1/users/%s", id);
    expect(201, "PUT", o->user, "{\"name\":\"n0\"}");
    o->session = make_session(id, ",\"data\":{\"n\":0}");
    snprintf(o->of_session, sizeof o->of_session, "%s/data", o->session.path);
    client_init(&o->client, service.server.data_port);
}

static void
expect_no_fault(const struct owner *o)
{
    if (o->fault[0])
        fail_msg("%s: %s", o->user, o->fault);
}

static void
reconnect(struct owner *o)
{
    client_fini(&o->client);
    client_init(&o->client, service.server.data_port);
}

// --- One fault -----------------------------------------------------------------------------------

static void
expect_refused_write(const char *method, const char *path, const char *body)
{
    expect_refused(503, "store-unavailable", method, path, body);
    EXPECT_HAS("The store did not do this; it may later.");
    expect_header("Retry-After", "1");
}

static void
expect_only_reads(struct owner *o)
{
    unsigned before = o->refused;
    put_both(o);
    assert_int_equal(o->refused, before + 2);
    expect_refused_write("PUT", "/v1/users/late", "{\"name\":\"Late\"}");
    expect_refused_write("POST", "/v1/sessions", "{\"user_id\":\"u0\"}");
    verify(200, o->session.token);
    expect_refused(503, "not-ready", "GET", "/readyz", NULL);
    assert_int_equal(client_call(&service.admin, "GET", "/readyz", NULL), 503);
    expect(200, "GET", "/livez", NULL);
}

// What was refused may be there after a kill, if nothing was written behind it; what was
// acknowledged must be.
static void
fail_and_recover(const char *fault, const char *sentence)
{
    struct owner *o = &owners[0];
    start_preloaded();
    make_owner(o, 0);
    put_both(o);
    set_fault(fault);
    expect_only_reads(o);
    expect_logged(sentence);
    set_fault(NULL);
    wait_until_ready(); // nobody writes meanwhile
    expect_logged("store_recovered");
    compare(o);
    expect(404, "GET", "/v1/users/late", NULL);
    put_both(o);
    assert_int_equal(o->name, o->last_name);
    assert_int_equal(o->data, o->last_data);
    kill_and_start_again();
    reconnect(o);
    compare(o);
    verify(200, o->session.token);
    expect(404, "GET", "/v1/users/late", NULL);
    client_fini(&o->client);
    expect_no_fault(o);
}

#define BROKEN "cannot be read or written; check the disk"
#define FULL   "the disk is full; make room"

static void
a_sync_that_fails_refuses_writes_until_it_does_not(void **state)
{
    fail_and_recover("sync EIO", BROKEN);
}

static void
a_sync_that_finds_no_room_refuses_writes_until_it_does(void **state)
{
    fail_and_recover("sync ENOSPC", BROKEN);
}

static void
a_write_that_fails_refuses_writes_until_it_does_not(void **state)
{
    fail_and_recover("write EIO", BROKEN);
}

static void
a_write_that_finds_no_room_refuses_writes_until_it_does(void **state)
{
    fail_and_recover("write ENOSPC", FULL);
}

// --- A disk that is well now and then ------------------------------------------------------------

static void *
own(void *arg)
{
    struct owner *o = arg;
    while (!is_over && !o->fault[0])
        put_both(o);
    return NULL;
}

static void
fail_now_and_then(void)
{
    static const char *const faults[] = {"sync EIO", "write ENOSPC", "write EIO", "sync ENOSPC"};
    for (int i = 0; i < ROUNDS; i++) {
        wait_ms(WELL_MS);
        set_fault(faults[i % 4]);
        wait_ms(FAILING_MS);
        if (i < ROUNDS - 1)
            set_fault(NULL);
    }
}

// Of those that were refused after it, the disk may have one.
static void
expect_nothing_lost(struct owner *o)
{
    reconnect(o);
    unsigned name = shown_number(o, o->user, "\"name\":\"n");
    unsigned data = shown_number(o, o->session.path, "\"data\":{\"n\":");
    if (name < o->name || name > o->last_name)
        note(o, "after the restart, the user");
    if (data < o->data || data > o->last_data)
        note(o, "after the restart, the session");
    client_fini(&o->client);
    expect_no_fault(o);
}

static void
a_disk_that_fails_now_and_then_and_a_kill_lose_nothing_acknowledged(void **state)
{
    unsigned refused = 0, acknowledged = 0;
    start_preloaded();
    is_over = false;
    for (unsigned i = 0; i < OWNERS; i++)
        make_owner(&owners[i], i);
    for (unsigned i = 0; i < OWNERS; i++)
        assert_int_equal(pthread_create(&owners[i].thread, NULL, own, &owners[i]), 0);
    fail_now_and_then();
    is_over = true;
    for (unsigned i = 0; i < OWNERS; i++) {
        pthread_join(owners[i].thread, NULL);
        expect_no_fault(&owners[i]);
        refused += owners[i].refused;
        acknowledged += owners[i].last_name + owners[i].last_data - owners[i].refused;
    }
    assert_true(refused >= OWNERS && acknowledged >= OWNERS);
    kill_and_start_again(); // while it fails
    for (unsigned i = 0; i < OWNERS; i++)
        expect_nothing_lost(&owners[i]);
    make_user("late");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_sync_that_fails_refuses_writes_until_it_does_not),
        SERVICE_TEST(a_sync_that_finds_no_room_refuses_writes_until_it_does),
        SERVICE_TEST(a_write_that_fails_refuses_writes_until_it_does_not),
        SERVICE_TEST(a_write_that_finds_no_room_refuses_writes_until_it_does),
        SERVICE_TEST(a_disk_that_fails_now_and_then_and_a_kill_lose_nothing_acknowledged),
    };
    keep_sanitizer_quiet();
    return cmocka_run_group_tests_name("preload", tests, NULL, NULL);
}
