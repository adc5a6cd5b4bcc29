// SPDX-License-Identifier: MIT
//
// Collections with a budget over 20 000 sessions: how many slices, how much work in each, what
// readers notice, and that the service stops in the middle of one.
#include "scrape.h"
#include "service_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { USERS = 2000, SESSIONS = 20000, PER_USER = SESSIONS / USERS, MAKERS = 16, READERS = 64 };
enum { ROUNDS = 12, ROUND_MS = 300 };

static char paths[SESSIONS][64];

struct worker {
    pthread_t thread;
    unsigned number;
};

static struct worker workers[READERS];

static void
work(unsigned count, void *(*what)(void *))
{
    for (unsigned i = 0; i < count; i++) {
        workers[i].number = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, what, &workers[i]), 0);
    }
}

static void
join(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
}

// --- 20 000 sessions ---------------------------------------------------------------------------

static void
make_sessions(struct client *c, unsigned user)
{
    char path[40], body[80];
    snprintf(path, sizeof path, "/v1/users/u%u", user);
    snprintf(body, sizeof body, "{\"user_id\":\"u%u\"}", user);
    client_call(c, "PUT", path, "{\"name\":\"Somebody\"}");
    for (unsigned i = user * PER_USER; i < (user + 1) * PER_USER; i++) {
        if (client_call(c, "POST", "/v1/sessions", body) != 201)
            continue;
        json_t *session = client_reply_json(c);
        snprintf(paths[i], sizeof paths[i], "/v1/sessions/%s",
                 json_string_value(json_object_get(session, "id")));
        json_decref(session);
    }
}

static void *
make_share(void *arg)
{
    const struct worker *w = arg;
    struct client c;
    client_init(&c, service.server.data_port);
    for (unsigned user = w->number; user < USERS; user += MAKERS)
        make_sessions(&c, user);
    client_fini(&c);
    return NULL;
}

static void
start_with_sessions(void)
{
    START("shards=1", "gc.schedules=[]", "store.kind=memory", "drain.delay=2s");
    memset(paths, 0, sizeof paths);
    work(MAKERS, make_share);
    join(MAKERS);
    for (unsigned i = 0; i < SESSIONS; i++)
        assert_true(paths[i][0] == '/');
}

// --- Collections -------------------------------------------------------------------------------

static void
order(const char *path, const char *body)
{
    if (client_call(&service.admin, "POST", path, body) != 200)
        fail_msg("%s: %ld %s", path, service.admin.status, service.admin.body.data);
}

struct collected {
    int slices, complete;
    double seconds, pause;
    double worked; // seconds of the service's processors, so that other programs do not count
};

static double
worked(void)
{
    clockid_t clock;
    struct timespec t;
    assert_int_equal(clock_getcpuclockid(service.server.pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// With everything suspect, as it is after an unfreeze.
static struct collected
collect_everything(const char *body)
{
    struct collected c;
    order("/v1/gc/freeze", "{\"collect_first\":false}");
    order("/v1/gc/unfreeze", NULL);
    double before = worked();
    order("/v1/gc/collect", body);
    c.worked = worked() - before;
    json_t *reply = client_reply_json(&service.admin);
    assert_int_equal(json_unpack(reply, "{s:i, s:b, s:F, s:F}", "slices", &c.slices, "complete",
                                 &c.complete, "seconds", &c.seconds, "pause_max_seconds", &c.pause),
                     0);
    json_decref(reply);
    return c;
}

static void
show(const char *what, const struct collected *c)
{
    print_message("%s: %d slices, longest %.3f ms, %.3f ms in all, %.3f ms of work\n", what,
                  c->slices, c->pause * 1e3, c->seconds * 1e3, c->worked * 1e3);
}

// Whatever is frozen is looked at, as where everything is suspect.
static void
expect_refreeze_in_slices(const struct collected *whole)
{
    assert_int_equal(client_call(&service.admin, "PATCH", "/v1/gc", "{\"default_budget_ms\":1}"),
                     200);
    order("/v1/gc/freeze", NULL);
    order("/v1/gc/refreeze", NULL);
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc/history?limit=1", NULL), 200);
    json_t *reply = client_reply_json(&service.admin);
    const json_t *run = json_array_get(json_object_get(reply, "items"), 0);
    int slices, frozen;
    assert_int_equal(
        json_unpack((json_t *)run, "{s:i, s:{s:i}}", "slices", &slices, "frozen", "after", &frozen),
        0);
    assert_true(slices > 1 || whole->worked < 2e-3);
    assert_true(frozen > SESSIONS);
    json_decref(reply);
}

static void
a_budget_bounds_the_hold_and_none_does_not(void **state)
{
    start_with_sessions();
    struct collected whole = collect_everything("{\"budget_ms\":0}");
    struct collected sliced = collect_everything("{\"budget_ms\":1}");
    show("no budget", &whole);
    show("budget 1 ms", &sliced);
    assert_int_equal(whole.slices, 1);
    assert_true(sliced.complete);
    assert_true(sliced.slices > 1 || whole.worked < 2e-3); // a release may need less
    assert_true(sliced.worked / sliced.slices < 2.5e-3);
    assert_true(collect_everything("{}").complete);
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    assert_true(scrape_value(service.admin.body.data,
                             "tenured_gc_collections_total{generation=\"2\",cause=\"manual\"}") ==
                3); // each once, in however many slices
    expect_refreeze_in_slices(&whole);
}

// --- Readers -----------------------------------------------------------------------------------

static atomic_bool enough;
static atomic_ulong reads;

static void *
read_sessions(void *arg)
{
    const struct worker *w = arg;
    struct client c;
    client_init(&c, service.server.data_port);
    for (unsigned i = w->number; !enough; i = (i + READERS) % SESSIONS) {
        assert_int_equal(client_call(&c, "GET", paths[i], NULL), 200);
        reads++;
    }
    client_fini(&c);
    return NULL;
}

static unsigned long
read_for_a_round(bool collecting)
{
    struct timespec start, now;
    enough = false;
    reads = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    work(READERS, read_sessions);
    do {
        if (collecting)
            assert_true(collect_everything("{\"budget_ms\":2}").complete);
        wait_ms(1);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
             ROUND_MS);
    enough = true;
    join(READERS);
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds =
        (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
    return (unsigned long)((double)reads / seconds);
}

static unsigned long
max(unsigned long a, unsigned long b)
{
    return a > b ? a : b;
}

static void
reads_keep_half_of_their_throughput_beside_collections(void **state)
{
    unsigned long alone = 0, beside = 0;
    start_with_sessions();
    for (int i = 0; i < ROUNDS && (i == 0 || beside < alone / 2); i++) { // the best of each
        alone = max(alone, read_for_a_round(false));
        beside = max(beside, read_for_a_round(true));
    }
    print_message("%d clients: %lu reads/s alone, %lu beside collections of 2 ms slices\n", READERS,
                  alone, beside);
    assert_true(beside >= alone / 2);
}

// --- Turns, and the end ------------------------------------------------------------------------

// Of 1 ms, which takes long while readers come.
struct ordered {
    struct client client;
    pthread_t thread;
};

static void *
collect_slowly(void *arg)
{
    struct ordered *o = arg;
    client_call(&o->client, "POST", "/v1/gc/collect", "{\"budget_ms\":1}");
    return NULL;
}

static bool
is_running(void)
{
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc", NULL), 200);
    return !strstr(service.admin.body.data, "\"in_progress\":null");
}

static void
begin_slowly(struct ordered *o)
{
    client_init(&o->client, service.server.admin_port);
    enough = false;
    work(READERS, read_sessions);
    order("/v1/gc/freeze", "{\"collect_first\":false}");
    order("/v1/gc/unfreeze", NULL);
    assert_int_equal(pthread_create(&o->thread, NULL, collect_slowly, o), 0);
    while (!is_running())
        wait_ms(0);
}

static void
stop_reading(void)
{
    enough = true;
    join(READERS);
}

static void
the_same_again_is_refused_and_a_young_one_waits_its_turn(void **state)
{
    struct ordered o;
    start_with_sessions();
    begin_slowly(&o);
    assert_int_equal(client_call(&service.admin, "POST", "/v1/gc/collect", NULL), 409);
    order("/v1/gc/collect", "{\"generation\":0}");
    pthread_join(o.thread, NULL);
    assert_int_equal(o.client.status, 200);
    assert_non_null(strstr(o.client.body.data, "\"complete\":true"));
    stop_reading();
    client_fini(&o.client);
}

static void
a_stop_ends_a_collection_after_its_slice(void **state)
{
    struct ordered o;
    start_with_sessions();
    begin_slowly(&o);
    assert_int_equal(client_call(&service.admin, "POST", "/v1/drain", NULL), 202);
    pthread_join(o.thread, NULL);
    assert_int_equal(o.client.status, 200); // who got in is answered
    stop_reading();
    assert_non_null(strstr(o.client.body.data, "\"complete\":false,\"stopped\":\"cancelled\""));
    client_fini(&o.client);
}

static const char *
ask_operation(const char *method, long status)
{
    assert_int_equal(client_call(&service.admin, method, "/v1/operations/1", NULL), status);
    return service.admin.body.data;
}

static void
a_running_operation_that_is_deleted_ends_after_its_slice(void **state)
{
    start_with_sessions();
    enough = false;
    work(READERS, read_sessions);
    order("/v1/gc/freeze", "{\"collect_first\":false}");
    order("/v1/gc/unfreeze", NULL);
    assert_int_equal(
        client_call(&service.admin, "POST", "/v1/gc/collect", "{\"budget_ms\":1,\"wait\":false}"),
        202);
    while (!strstr(ask_operation("GET", 200), "\"state\":\"running\""))
        assert_null(strstr(service.admin.body.data, "\"state\":\"ended\""));
    assert_non_null(strstr(ask_operation("DELETE", 200), "\"cancelled\":true"));
    assert_null(strstr(service.admin.body.data, "\"state\":\"ended\"")); // it was under way
    while (!strstr(ask_operation("GET", 200), "\"state\":\"ended\""))
        wait_ms(1);
    assert_non_null(
        strstr(service.admin.body.data, "\"complete\":false,\"stopped\":\"cancelled\""));
    stop_reading();
    order("/v1/gc/collect", "{}"); // nothing is in its way
    assert_non_null(strstr(service.admin.body.data, "\"complete\":true"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_budget_bounds_the_hold_and_none_does_not),
        SERVICE_TEST(reads_keep_half_of_their_throughput_beside_collections),
        SERVICE_TEST(the_same_again_is_refused_and_a_young_one_waits_its_turn),
        SERVICE_TEST(a_stop_ends_a_collection_after_its_slice),
        SERVICE_TEST(a_running_operation_that_is_deleted_ends_after_its_slice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
