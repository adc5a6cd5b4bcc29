// SPDX-License-Identifier: MIT
//
// Heap dumps of a real server: every form is read back, and every refusal is provoked.
#include "service_fixture.h"

#include <dirent.h>
#include <unistd.h>

#define READ    "read-0123456789abcdef0123456789abcdef"
#define OPERATE "operate-0123456789abcdef0123456789abcdef"
#define DUMP    "dump-0123456789abcdef0123456789abcdef-xy"

enum { SESSIONS = 40 };

static const char *
answer(void)
{
    return service.admin.body.data ? service.admin.body.data : "";
}

static void
take(long status, const char *body)
{
    long got = client_call(&service.admin, "POST", "/v1/heap/dump", body);
    if (got != status)
        fail_msg("%s: %ld instead of %ld: %s", body, got, status, answer());
}

static void
refused(long status, const char *type, const char *body)
{
    char urn[80];
    snprintf(urn, sizeof urn, "urn:tenure:problem:%s\"", type);
    take(status, body);
    if (!strstr(answer(), urn))
        fail_msg("no %s in %s", type, answer());
}

static void
expect_head(const char *type, const char *ending, size_t *objects)
{
    char *content = client_reply_header(&service.admin, "Content-Type");
    char *disposition = client_reply_header(&service.admin, "Content-Disposition");
    char *counts = client_reply_header(&service.admin, "X-Tenured-Dump");
    size_t dropped;
    assert_string_equal(content, type);
    assert_non_null(strstr(disposition, "attachment; filename=\"tenured-"));
    assert_non_null(strstr(disposition, ending));
    assert_int_equal(sscanf(counts, "objects=%zu,dropped=%zu", objects, &dropped), 2);
    free(content);
    free(disposition);
    free(counts);
}

static void
make_sessions(void)
{
    make_user("somebody-with-a-name");
    for (int i = 0; i < SESSIONS; i++)
        make_session("somebody-with-a-name", "");
}

// How many files stand beside the store.
static size_t
files(void)
{
    size_t count = 0;
    DIR *d = opendir(service.server.folder);
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

// --- Forms ---------------------------------------------------------------------------------------

static void
a_heapsnapshot_has_every_session(void **state)
{
    size_t objects, sessions = 0;
    START("shards=2");
    make_sessions();
    take(200, "{}");
    expect_head("application/json", ".heapsnapshot\"", &objects);
    json_t *s = client_reply_json(&service.admin);
    json_t *nodes = json_object_get(s, "nodes"), *strings = json_object_get(s, "strings");
    json_t *count = json_object_get(json_object_get(s, "snapshot"), "node_count");
    assert_int_equal(json_array_size(nodes), 7 * json_integer_value(count));
    assert_true((size_t)json_integer_value(count) >= objects + 4);
    for (size_t i = 0; i < json_array_size(nodes); i += 7) {
        size_t name = (size_t)json_integer_value(json_array_get(nodes, i + 1));
        sessions += strcmp(json_string_value(json_array_get(strings, name)), "session") == 0;
    }
    assert_int_equal(sessions, SESSIONS);
    json_decref(s);
}

static void
ndjson_has_a_line_an_object(void **state)
{
    size_t objects, lines = 0, sessions = 0;
    START("shards=2");
    make_sessions();
    take(200, "{\"format\":\"ndjson\"}");
    expect_head("application/x-ndjson", ".ndjson\"", &objects);
    char *rest = service.admin.body.data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; lines++) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        const char *type = json_string_value(json_object_get(object, "type"));
        if (strcmp(type, "session") == 0) {
            sessions++;
            assert_int_equal(json_array_size(json_object_get(object, "refs")), 1);
        }
        json_decref(object);
    }
    assert_int_equal(lines, objects);
    assert_int_equal(sessions, SESSIONS);
}

static size_t
bytes_of_the_heaps(void)
{
    assert_int_equal(client_call(&service.admin, "GET", "/v1/memory", NULL), 200);
    json_t *memory = client_reply_json(&service.admin);
    size_t bytes =
        (size_t)json_integer_value(json_object_get(json_object_get(memory, "traced"), "current"));
    json_decref(memory);
    return bytes;
}

static void
collapsed_stacks_add_up_to_the_heaps(void **state)
{
    size_t objects, sum = 0;
    START("shards=2");
    make_sessions();
    wait_ms(300); // nothing is on its way to the store
    size_t bytes = bytes_of_the_heaps();
    take(200, "{\"format\":\"collapsed\"}");
    expect_head("text/plain; charset=utf-8", ".collapsed.txt\"", &objects);
    char *rest = service.admin.body.data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
        sum += strtoull(strrchr(line, ' ') + 1, NULL, 10);
    assert_int_equal(sum, bytes);
}

static void
pprof_is_gzipped_and_needs_no_tracing(void **state)
{
    size_t objects;
    START("shards=2");
    make_sessions();
    take(200, "{\"format\":\"pprof\"}");
    expect_head("application/octet-stream", ".pb.gz\"", &objects);
    assert_true(service.admin.body.len > 20);
    assert_memory_equal(answer(), "\x1f\x8b", 2);
    assert_true(objects > SESSIONS);
}

static void
what_was_traced_has_its_call_site(void **state)
{
    START("shards=2");
    assert_int_equal(client_call(&service.admin, "PATCH", "/v1/memory/tracing",
                                 "{\"mode\":\"exact\",\"frames\":4}"),
                     200);
    make_sessions();
    take(200, "{\"format\":\"ndjson\"}");
    assert_non_null(strstr(answer(), "server/domain/session.c"));
    take(200, "{\"format\":\"heapsnapshot\"}");
    json_t *s = client_reply_json(&service.admin);
    json_t *functions = json_object_get(json_object_get(s, "snapshot"), "trace_function_count");
    assert_true(json_integer_value(functions) > 3);
    json_decref(s);
}

static void
values_come_only_when_asked_for(void **state)
{
    static const char *const formats[] = {"heapsnapshot", "ndjson"};
    char body[128];
    START("shards=2");
    make_sessions();
    for (int i = 0; i < 2; i++)
        for (int with = 0; with < 2; with++) {
            snprintf(body, sizeof body, "{\"format\":\"%s\",\"include_values\":%s}", formats[i],
                     with ? "true" : "false");
            take(200, body);
            assert_int_equal(strstr(answer(), "somebody-with-a-name") != NULL, with);
        }
}

static void
ids_stay_between_two_dumps(void **state)
{
    START("shards=2", "sessions.touch_flush=60s");
    make_sessions();
    wait_ms(300);
    take(200, "{\"format\":\"ndjson\"}");
    char *first = strdup(answer());
    take(200, "{\"format\":\"ndjson\"}");
    assert_string_equal(answer(), first);
    free(first);
}

// --- Refusals ------------------------------------------------------------------------------------

static void
as(const char *token)
{
    char header[128];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(&service.admin, header);
}

static void
only_the_scope_dump_may(void **state)
{
    START("auth.read=[\"" READ "\"]", "auth.operate=[\"" OPERATE "\"]", "auth.dump=[\"" DUMP "\"]");
    refused(401, "unauthorized", "{}");
    as(READ);
    refused(403, "insufficient-scope", "{}");
    as(OPERATE);
    refused(403, "insufficient-scope", "{}");
    as(DUMP);
    take(200, "{}");
}

static void
a_wish_that_is_none_is_refused(void **state)
{
    START("shards=2");
    refused(400, "malformed-json", "[");
    refused(422, "invalid-body", "{\"format\":\"hprof\"}");
    refused(422, "invalid-body", "{\"format\":1}");
    refused(422, "invalid-body", "{\"include_values\":1}");
    refused(422, "invalid-body", "{\"x\":1}");
    take(200, "");
}

static void
a_dump_over_its_limit_is_refused_and_leaves_nothing(void **state)
{
    START("shards=2", "dump.max_bytes=4096");
    make_sessions();
    size_t before = files();
    for (int i = 0; i < 3; i++)
        refused(507, "dump-too-large", "{}");
    assert_int_equal(files(), before);
    verify(401, "st_0000"); // everybody else is served
}

// The store's files stay where they were opened, so the server does not mind.
static void
without_a_folder_for_its_files_there_is_no_dump(void **state)
{
    char path[4096];
    START("shards=2");
    snprintf(path, sizeof path, "%s-away", service.server.folder);
    assert_int_equal(rename(service.server.folder, path), 0);
    refused(503, "store-unavailable", "{}");
    assert_int_equal(rename(path, service.server.folder), 0);
    take(200, "{}");
}

static void
one_dump_at_a_time_until_its_client_has_it_or_is_gone(void **state)
{
    START("shards=2", "limits.string=8192", "http.send_timeout=20s");
    make_large_users("user", 3000);
    int fd = service_stall_dump();
    wait_ms(1500); // until the dump is taken, or nearly
    refused(409, "operation-in-progress", "{}");
    close(fd);
    long status = 0;
    for (int i = 0; i < 50 && status != 200; i++) {
        wait_ms(100);
        status = client_call(&service.admin, "POST", "/v1/heap/dump", "{}");
    }
    assert_int_equal(status, 200);
}

// After each slice of a millisecond a dump leaves readers a hundred.
#define SLOWLY "gc.default_budget_ms=1", "gc.share=0.01", "gc.schedules=[]"

static void
read_for(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        expect(200, "GET", "/v1/users/user0", NULL);
        wait_ms(2);
    }
}

static void
expect_stopped(const char *why)
{
    char words[64], *log = server_log(&service.server);
    snprintf(words, sizeof words, "\"stopped\":\"%s\"", why);
    const char *line = strstr(log, "\"event\":\"dump\"");
    assert_non_null(line);
    assert_non_null(strstr(line, words));
    free(log);
}

static void
a_dump_ends_when_its_client_is_gone(void **state)
{
    START("shards=2", SLOWLY);
    make_large_users("user", 3000);
    int fd = service_stall_dump();
    read_for(10);
    refused(409, "operation-in-progress", "{}");
    close(fd);
    long status = 409;
    for (int i = 0; i < 100 && status == 409; i++) { // it notices between two slices
        read_for(40);
        status = client_call(&service.admin, "POST", "/v1/heap/dump", "{\"format\":\"collapsed\"}");
    }
    assert_int_equal(status, 200);
    expect_stopped("abandoned");
}

static void
a_dump_ends_when_the_service_stops(void **state)
{
    START("shards=2", SLOWLY);
    make_large_users("user", 3000);
    int fd = service_stall_dump();
    read_for(10);
    server_stop(&service.server); // fails the test where it does not end well
    expect_stopped("cancelled");
    client_fini(&service.data);
    client_fini(&service.admin);
    close(fd);
}

static void
a_memory_store_dumps_too(void **state)
{
    START("store.kind=memory");
    make_user("ada");
    make_session("ada", ""); // which keeps the user in memory
    take(200, "{\"format\":\"ndjson\"}");
    assert_non_null(strstr(answer(), "\"type\":\"user\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_heapsnapshot_has_every_session),
        SERVICE_TEST(ndjson_has_a_line_an_object),
        SERVICE_TEST(collapsed_stacks_add_up_to_the_heaps),
        SERVICE_TEST(pprof_is_gzipped_and_needs_no_tracing),
        SERVICE_TEST(what_was_traced_has_its_call_site),
        SERVICE_TEST(values_come_only_when_asked_for),
        SERVICE_TEST(ids_stay_between_two_dumps),
        SERVICE_TEST(only_the_scope_dump_may),
        SERVICE_TEST(a_wish_that_is_none_is_refused),
        SERVICE_TEST(a_dump_over_its_limit_is_refused_and_leaves_nothing),
        SERVICE_TEST(without_a_folder_for_its_files_there_is_no_dump),
        SERVICE_TEST(one_dump_at_a_time_until_its_client_has_it_or_is_gone),
        SERVICE_TEST(a_dump_ends_when_its_client_is_gone),
        SERVICE_TEST(a_dump_ends_when_the_service_stops),
        SERVICE_TEST(a_memory_store_dumps_too),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
