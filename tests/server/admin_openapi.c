// SPDX-License-Identifier: MIT
//
// /openapi.json of the admin plane says what the server does, as service.openapi says of the data
// plane.
#include "described.h"
#include "service_fixture.h"

#include <unistd.h>

enum { RULES_MOST = 32 };

static struct described plane;

#define COLLECT    "/v1/gc/collect"
#define FREEZE     "/v1/gc/freeze"
#define SCHEDULE   "/v1/gc/schedules/{name}"
#define OPERATION  "/v1/operations/{operation_id}"
#define RESIDENT   "/v1/cache/users/{user_id}"
#define PEAK       "/v1/memory/peak/reset"
#define TRACING    "/v1/memory/tracing"
#define ROUTES     "/v1/memory/routes"
#define SNAPSHOTS  "/v1/memory/snapshots"
#define SNAPSHOT   SNAPSHOTS "/{snapshot_id}"
#define DIFF       "/v1/memory/diff"
#define PPROF      "/debug/pprof/heap"
#define OBJECTS    "/v1/heap/objects"
#define OBJECT     OBJECTS "/{oid}"
#define DUMP       "/v1/heap/dump"
#define RULE(when) "{\"when\":{" when "},\"action\":\"collect\"}"

static void
provoke_as_it_stands(long status, const char *method, const char *path, const char *body)
{
    provoke(&plane, status, method, path, path, body);
}

static void
provoke_malformed(const char *method, const char *path, const char *body)
{
    provoke_as_it_stands(400, method, path, "[");
    provoke_as_it_stands(422, method, path, body);
}

static void
leave_garbage(const char *user)
{
    make_user(user);
    struct known_session s = make_session(user, "");
    expect(204, "DELETE", s.path, NULL);
}

static void
provoke_collector(void)
{
    provoke_as_it_stands(200, "GET", "/v1/gc", NULL);
    provoke(&plane, 422, "GET", "/v1/gc", "/v1/gc?shard=9", NULL);
    provoke_as_it_stands(200, "PATCH", "/v1/gc", "{\"default_budget_ms\":3}");
    provoke_malformed("PATCH", "/v1/gc", "{\"enabled\":1}");
    leave_garbage("ada");
    provoke_as_it_stands(200, "POST", COLLECT, "{\"dry_run\":true}");
    provoke_as_it_stands(200, "POST", COLLECT, NULL);
    provoke_as_it_stands(202, "POST", COLLECT, "{\"wait\":false}");
    provoke_malformed("POST", COLLECT, "{\"generation\":0,\"budget_ms\":1}");
    provoke_as_it_stands(200, "POST", FREEZE, "{\"collect_first\":false}");
    provoke_malformed("POST", FREEZE, "{\"x\":1}");
    provoke_as_it_stands(200, "POST", "/v1/gc/refreeze", NULL);
    provoke_as_it_stands(200, "POST", "/v1/gc/unfreeze", NULL);
    provoke_as_it_stands(200, "GET", "/v1/gc", NULL); // with runs in it
    provoke(&plane, 200, "GET", "/v1/gc/history", "/v1/gc/history?limit=3", NULL);
    provoke_as_it_stands(200, "GET", "/v1/gc/history", NULL);
    provoke(&plane, 422, "GET", "/v1/gc/history", "/v1/gc/history?limit=0", NULL);
}

static void
provoke_operations(void)
{
    static const char *const methods[] = {"GET", "DELETE"};
    for (int m = 0; m < 2; m++) {
        provoke(&plane, 200, methods[m], OPERATION, "/v1/operations/1", NULL);
        provoke(&plane, 404, methods[m], OPERATION, "/v1/operations/99", NULL);
    }
}

static void
provoke_schedules(void)
{
    static const char *const whens[] = {
        RULE("\"every\":\"1h\""), RULE("\"every_requests\":9"), RULE("\"idle_for\":\"1h\""),
        RULE("\"memory_above\":\"99%\""), RULE("\"allocations_above\":99999999")};
    char path[64];
    for (int i = 0; i < RULES_MOST; i++) {
        snprintf(path, sizeof path, "/v1/gc/schedules/r%d", i);
        provoke(&plane, 201, "PUT", SCHEDULE, path, whens[i % 5]);
    }
    provoke(&plane, 409, "PUT", SCHEDULE, "/v1/gc/schedules/more", whens[0]);
    provoke(&plane, 200, "PUT", SCHEDULE, "/v1/gc/schedules/r0", whens[1]);
    provoke(&plane, 400, "PUT", SCHEDULE, "/v1/gc/schedules/r0", "[");
    provoke(&plane, 422, "PUT", SCHEDULE, "/v1/gc/schedules/r0", "{}");
    provoke_as_it_stands(200, "GET", "/v1/gc/schedules", NULL);
    provoke(&plane, 204, "DELETE", SCHEDULE, "/v1/gc/schedules/r0", NULL);
    provoke(&plane, 404, "DELETE", SCHEDULE, "/v1/gc/schedules/r0", NULL);
}

static void
provoke_cache(void)
{
    make_user("eve");
    make_session("eve", "");
    leave_garbage("bob");
    provoke_as_it_stands(200, "GET", "/v1/cache", NULL);
    provoke(&plane, 200, "GET", RESIDENT, "/v1/cache/users/bob", NULL);
    provoke(&plane, 404, "GET", RESIDENT, "/v1/cache/users/nobody", NULL);
    provoke(&plane, 422, "GET", RESIDENT, "/v1/cache/users/a%20b", NULL);
    provoke(&plane, 204, "DELETE", RESIDENT, "/v1/cache/users/bob", NULL);
    provoke(&plane, 404, "DELETE", RESIDENT, "/v1/cache/users/bob", NULL);
    provoke(&plane, 409, "DELETE", RESIDENT, "/v1/cache/users/eve", NULL);
    provoke(&plane, 422, "DELETE", RESIDENT, "/v1/cache/users/a%20b", NULL);
    provoke_as_it_stands(200, "POST", "/v1/cache/sweep", NULL);
}

static void
provoke_memory(void)
{
    provoke_as_it_stands(200, "GET", "/v1/memory", NULL);
    provoke(&plane, 422, "GET", "/v1/memory", "/v1/memory?shard=x", NULL);
    provoke_as_it_stands(200, "POST", PEAK, NULL);
    provoke(&plane, 422, "POST", PEAK, PEAK "?shard=9", NULL);
}

static void
provoke_page(void)
{
    static const char *const files[] = {"words.js", "style.css", "icon.svg"};
    char path[64];
    provoke_as_it_stands(200, "GET", "/", NULL);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/assets/%s", files[i]);
        provoke(&plane, 200, "GET", "/assets/{file}", path, NULL);
    }
    provoke(&plane, 404, "GET", "/assets/{file}", "/assets/nothing", NULL);
}

static void
provoke_tracing(void)
{
    provoke_as_it_stands(200, "GET", ROUTES, NULL);
    provoke_as_it_stands(409, "POST", SNAPSHOTS, NULL);
    provoke_as_it_stands(200, "PATCH", TRACING, "{\"mode\":\"exact\",\"frames\":4}");
    provoke_malformed("PATCH", TRACING, "{\"mode\":1}");
    make_user("zoe");
    provoke_as_it_stands(201, "POST", SNAPSHOTS, NULL);
    provoke_as_it_stands(200, "GET", SNAPSHOTS, NULL);
    provoke_as_it_stands(200, "GET", ROUTES, NULL);
    provoke(&plane, 200, "GET", SNAPSHOT, SNAPSHOTS "/1", NULL);
    provoke(&plane, 200, "GET", SNAPSHOT "/top", SNAPSHOTS "/1/top?group=traceback", NULL);
    provoke(&plane, 404, "GET", SNAPSHOT "/top", SNAPSHOTS "/9/top", NULL);
    provoke(&plane, 422, "GET", SNAPSHOT "/top", SNAPSHOTS "/1/top?group=colour", NULL);
    provoke(&plane, 200, "GET", DIFF, DIFF "?from=1&to=now&group=type", NULL);
    provoke(&plane, 404, "GET", DIFF, DIFF "?from=1&to=9", NULL);
    provoke(&plane, 422, "GET", DIFF, DIFF, NULL);
    provoke_as_it_stands(200, "GET", PPROF, NULL);
    provoke_as_it_stands(200, "PATCH", TRACING, "{\"mode\":\"off\"}");
    provoke_as_it_stands(409, "GET", PPROF, NULL);
    provoke(&plane, 409, "GET", DIFF, DIFF "?from=1", NULL);
    provoke(&plane, 204, "DELETE", SNAPSHOT, SNAPSHOTS "/1", NULL);
    provoke(&plane, 404, "DELETE", SNAPSHOT, SNAPSHOTS "/1", NULL);
    provoke(&plane, 404, "GET", SNAPSHOT, SNAPSHOTS "/1", NULL);
}

// The oid of some object of the type.
static long long
find_object(const char *type)
{
    char path[64];
    snprintf(path, sizeof path, OBJECTS "?type=%s", type);
    provoke(&plane, 200, "GET", OBJECTS, path, NULL);
    json_t *list = client_reply_json(&service.admin);
    const json_t *first = json_array_get(json_object_get(list, "items"), 0);
    const char *oid = json_string_value(json_object_get(first, "oid"));
    long long number = oid ? strtoll(oid, NULL, 10) : 0;
    json_decref(list);
    return number;
}

static void
provoke_object(const char *what, long long live, long long dead)
{
    char path[128], actual[128];
    snprintf(path, sizeof path, OBJECT "%s", what);
    snprintf(actual, sizeof actual, OBJECTS "/%lld%s", live, what);
    provoke(&plane, 200, "GET", path, actual, NULL);
    snprintf(actual, sizeof actual, OBJECTS "/%lld%s", dead, what);
    provoke(&plane, 410, "GET", path, actual, NULL);
    snprintf(actual, sizeof actual, OBJECTS "/12%s", what);
    provoke(&plane, 404, "GET", path, actual, NULL);
    snprintf(actual, sizeof actual, OBJECTS "/x%s", what);
    provoke(&plane, 422, "GET", path, actual, NULL);
}

static void
provoke_objects(void)
{
    static const char *const calls[] = {"", "/referents", "/size", "/referrers", "/roots"};
    provoke(&plane, 422, "GET", OBJECTS, OBJECTS, NULL);
    long long dead = find_object("user"); // eve, the only one with a session
    expect(204, "DELETE", "/v1/users/eve", NULL);
    make_user("noa");
    make_session("noa", "");
    collect();
    for (int i = 0; i < 5; i++)
        provoke_object(calls[i], find_object("user"), dead);
}

static void
provoke_heap(void)
{
    provoke_as_it_stands(200, "GET", "/v1/heap/census", NULL);
    provoke(&plane, 422, "GET", "/v1/heap/census", "/v1/heap/census?sort=colour", NULL);
    provoke_objects();
}

// So many bytes hold one large dump, and not the next one.
#define DUMP_ROOM "dump.max_bytes=6000000"

static void
provoke_dump(void)
{
    static const char *const formats[] = {"pprof", "ndjson", "collapsed", "heapsnapshot"};
    char body[64];
    for (int i = 0; i < 4; i++) {
        snprintf(body, sizeof body, "{\"format\":\"%s\"}", formats[i]);
        provoke_as_it_stands(200, "POST", DUMP, body);
    }
    provoke_malformed("POST", DUMP, "{\"format\":\"hprof\"}");
    make_large_users("first", 1400);
    int fd = service_stall_dump();
    wait_ms(1000);
    provoke_as_it_stands(409, "POST", DUMP, NULL);
    close(fd);
    wait_ms(1000);
    make_large_users("more", 1000);
    provoke_as_it_stands(507, "POST", DUMP, "{\"format\":\"ndjson\",\"include_values\":true}");
}

static void
provoke_process(void)
{
    provoke_as_it_stands(200, "GET", "/v1/doctor", NULL);
    provoke_as_it_stands(200, "GET", "/metrics", NULL);
    provoke_as_it_stands(200, "GET", "/v1/info", NULL);
    provoke_as_it_stands(200, "GET", "/v1/config", NULL);
    provoke_as_it_stands(200, "PUT", "/v1/log-level", "{\"level\":\"info\"}");
    provoke_malformed("PUT", "/v1/log-level", "{\"level\":\"loud\"}");
    provoke_as_it_stands(200, "GET", "/livez", NULL);
    provoke_as_it_stands(200, "GET", "/readyz", NULL);
    provoke_malformed("POST", "/v1/drain", "{\"x\":1}");
    provoke_as_it_stands(202, "POST", "/v1/drain", NULL);
    provoke_as_it_stands(503, "GET", "/readyz", NULL);
}

static void
every_documented_status_is_provoked_and_is_as_documented(void **state)
{
    START("shards=2", "gc.schedules=[]", "drain.delay=5s", DUMP_ROOM);
    described_init(&plane, &service.admin);
    provoke_page();
    provoke_collector();
    provoke_operations();
    provoke_schedules();
    provoke_cache();
    provoke_memory();
    provoke_tracing();
    provoke_heap();
    provoke_dump();
    provoke_process();
    expect_all_seen(&plane);
    described_fini(&plane);
    server_kill(&service.server); // it waits for its drain
    client_fini(&service.data);
    client_fini(&service.admin);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(every_documented_status_is_provoked_and_is_as_documented),
    };
    return cmocka_run_group_tests_name("admin_openapi", tests, NULL, NULL);
}
