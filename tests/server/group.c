// SPDX-License-Identifier: MIT
//
// The service within limits: a control group's, as files in the place of the system's, and that of
// descriptors.
#include "service_fixture.h"

#include <sys/stat.h>

#define LIMIT "268435456\n"
#define ROOMY "100000000\n"
#define FULL  "260000000\n"

static char *root;

static void
write_file(const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int
set_up_group(void **state)
{
    static const char *const folders[] = {"proc", "proc/self", "sys", "sys/fs", "sys/fs/cgroup"};
    root = tempdir_new();
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    write_file("proc/self/cgroup", "0::/\n");
    write_file("sys/fs/cgroup/cpu.max", "100000 100000\n");
    write_file("sys/fs/cgroup/memory.max", LIMIT);
    write_file("sys/fs/cgroup/memory.current", ROOMY);
    setenv("TENURED_TEST_ROOT", root, 1);
    return set_up(state);
}

static int
tear_down_group(void **state)
{
    unsetenv("TENURED_TEST_ROOT");
    tempdir_free(root);
    return tear_down(state);
}

static void
fill(const char *use)
{
    write_file("sys/fs/cgroup/memory.current", use);
    wait_ms(30);
}

// --- Processors --------------------------------------------------------------------------------

static void
shards_and_threads_follow_the_quota(void **state)
{
    START(NULL);
    assert_int_equal(client_call(&service.admin, "GET", "/v1/info", NULL), 200);
    assert_non_null(strstr(service.admin.body.data, "\"shards\":1,\"threads\":2,"));
}

// --- Memory ------------------------------------------------------------------------------------

static void
what_would_make_memory_grow_is_refused_and_nothing_else(void **state)
{
    START(NULL);
    make_user("ada");
    struct known_session s = make_session("ada", "");
    char data[128];
    snprintf(data, sizeof data, "%s/data", s.path);
    fill(FULL);
    expect_refused(503, "memory-short", "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    expect_header("Retry-After", "1");
    expect_refused(503, "memory-short", "PUT", "/v1/users/bob", "{\"name\":\"Bob\"}");
    expect_refused(503, "memory-short", "PATCH", "/v1/users/ada", "{\"name\":\"Bob\"}");
    client_add_header(&service.data, "If-Match: *");
    expect_refused(503, "memory-short", "PUT", data, "{\"n\":1}");
    client_add_header(&service.data, "If-Match: *");
    expect_refused(503, "memory-short", "PATCH", data, "{\"n\":1}");
    expect(200, "GET", "/v1/users/ada", NULL);
    expect(200, "GET", s.path, NULL);
    verify(200, s.token);
    expect(204, "DELETE", s.path, NULL);
    fill(ROOMY);
    make_user("bob");
    make_session("ada", "");
}

static void
a_user_is_not_loaded_then(void **state)
{
    START(NULL);
    make_user("ada"); // without a session, so nothing keeps them
    fill(FULL);
    expect_refused(503, "memory-short", "GET", "/v1/users/ada", NULL);
    fill(ROOMY);
    expect(200, "GET", "/v1/users/ada", NULL);
}

static void
a_large_body_is_not_taken_then(void **state)
{
    static char body[8192];
    START(NULL);
    snprintf(body, sizeof body, "{\"token\":\"%*s\"}", 6000, "x");
    expect(401, "POST", "/v1/sessions/verify", body);
    fill(FULL);
    expect_refused(503, "memory-short", "POST", "/v1/sessions/verify", body);
    verify(401, "tn1_0000");
}

static void
the_rule_collects_what_the_group_holds_too_much(void **state)
{
    START("gc.schedules=[{\"name\":\"memory\",\"when\":{\"memory_above\":\"80%\"},"
          "\"action\":\"collect\"}]");
    make_user("ada");
    struct known_session s = make_session("ada", "");
    expect(204, "DELETE", s.path, NULL);
    wait_ms(300);
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc/history", NULL), 200);
    assert_null(strstr(service.admin.body.data, "\"memory\""));
    fill("220000000\n"); // 82 %; the heaps hold a few KiB of it
    for (int i = 0; i < 100; i++) {
        wait_ms(20);
        assert_int_equal(client_call(&service.admin, "GET", "/v1/gc/history", NULL), 200);
        if (strstr(service.admin.body.data, "\"memory\""))
            return;
    }
    fail_msg("no collection: %s", service.admin.body.data);
}

static void
the_log_and_the_metrics_say_that_memory_is_short(void **state)
{
    START(NULL);
    fill(FULL);
    expect_refused(503, "memory-short", "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    fill(ROOMY);
    expect(404, "POST", "/v1/sessions", "{\"user_id\":\"ada\"}");
    char *log = server_log(&service.server);
    assert_non_null(
        strstr(log, "\"event\":\"memory-short\",\"held\":260000000,\"limit\":268435456"));
    assert_non_null(strstr(log, "\"event\":\"memory-enough\""));
    free(log);
    assert_int_equal(client_call(&service.admin, "GET", "/metrics", NULL), 200);
    assert_non_null(strstr(service.admin.body.data, "\ntenured_memory_limit_bytes 268435456\n"));
    assert_non_null(strstr(service.admin.body.data, "\ntenured_memory_held_bytes 100000000\n"));
    assert_non_null(strstr(service.admin.body.data, "memory-short"));
}

// --- Descriptors -------------------------------------------------------------------------------

// From here on the program is started by a shell that lowers its limit, which nobody can raise
// again.
static void
limit_descriptors(unsigned most)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/limited", service.server.folder);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nulimit -n %u && exec %s \"$@\"\n", most, service.server.program);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0700), 0);
    free(service.server.program);
    service.server.program = strdup(path);
}

static void
there_are_as_many_connections_as_descriptors_allow_and_the_log_says_so(void **state)
{
    limit_descriptors(1024);
    START("http.connections=768"); // with 256 others
    char *log = server_log(&service.server);
    assert_null(strstr(log, "fewer-connections"));
    free(log);
    stop();
    START("http.connections=769");
    log = server_log(&service.server);
    assert_non_null(strstr(log, "\"event\":\"fewer-connections\",\"wanted\":769,\"allowed\":768,"
                                "\"descriptors\":1024}"));
    free(log);
}

static void
it_serves_with_hardly_any_descriptors(void **state)
{
    limit_descriptors(64);
    START("http.threads=2");
    make_user("ada");
    make_session("ada", "");
    char *log = server_log(&service.server);
    assert_non_null(strstr(log, "\"wanted\":4096,\"allowed\":32,\"descriptors\":64}"));
    free(log);
}

#define GROUP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_group, tear_down_group)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(shards_and_threads_follow_the_quota),
        GROUP_TEST(what_would_make_memory_grow_is_refused_and_nothing_else),
        GROUP_TEST(a_user_is_not_loaded_then),
        GROUP_TEST(a_large_body_is_not_taken_then),
        GROUP_TEST(the_rule_collects_what_the_group_holds_too_much),
        GROUP_TEST(the_log_and_the_metrics_say_that_memory_is_short),
        SERVICE_TEST(there_are_as_many_connections_as_descriptors_allow_and_the_log_says_so),
        SERVICE_TEST(it_serves_with_hardly_any_descriptors),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
