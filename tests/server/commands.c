// SPDX-License-Identifier: MIT
//
// What the program does instead of serving, and the files of tokens that it makes.
#include "service_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[65536];

// Runs the program with [arguments] as the shell reads them; its status, and what it [said].
static int
run(const char *arguments)
{
    char command[8192];
    snprintf(command, sizeof command, "%s %s 2>&1", service.server.program, arguments);
    FILE *p = popen(command, "re");
    assert_non_null(p);
    said[fread(said, 1, sizeof said - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// With the settings that name this test's store.
static int
run_here(const char *arguments)
{
    char all[8192];
    snprintf(all, sizeof all, "%s --set store.path=%s/tenured.db", arguments,
             service.server.folder);
    return run(all);
}

static char * /* new */
read_token(const char *scope)
{
    char path[4096], line[128] = "";
    snprintf(path, sizeof path, "%s/tokens/%s", service.server.folder, scope);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return strdup(line);
}

static void
expect_with(struct client *c, const char *token, long status, const char *method, const char *path)
{
    char header[1024];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(c, header);
    assert_int_equal(client_call(c, method, path, NULL), status);
}

// --- Tokens ------------------------------------------------------------------------------------

#define OPEN "listen.data=0.0.0.0:0", "listen.admin=0.0.0.0:0"

static void
the_first_start_makes_a_file_a_scope_for_its_owner_alone(void **state)
{
    static const char *const scopes[] = {"data", "read", "operate", "dump"};
    char path[4096];
    struct stat status;
    START(OPEN, "auth.generate=true");
    snprintf(path, sizeof path, "%s/tokens", service.server.folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/tokens/%s", service.server.folder, scopes[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        char *token = read_token(scopes[i]);
        assert_int_equal(strlen(token), 43);
        char *log = server_log(&service.server);
        assert_null(strstr(log, token));
        free(log);
        free(token);
    }
    char *log = server_log(&service.server);
    snprintf(path, sizeof path, "\"event\":\"tokens\",\"folder\":\"%s/tokens\",\"made\":4}",
             service.server.folder);
    assert_non_null(strstr(log, path));
    free(log);
}

static void
each_token_opens_what_its_scope_holds(void **state)
{
    START(OPEN, "auth.generate=true");
    char *data = read_token("data"), *looks = read_token("read"), *operate = read_token("operate");
    expect_refused(401, "unauthorized", "GET", "/v1/users", NULL);
    expect_with(&service.data, data, 200, "GET", "/v1/users");
    expect_with(&service.data, looks, 401, "GET", "/v1/users");
    expect_with(&service.admin, looks, 200, "GET", "/metrics");
    expect_with(&service.admin, looks, 403, "POST", "/v1/gc/collect");
    expect_with(&service.admin, operate, 200, "POST", "/v1/gc/collect");
    free(data);
    free(looks);
    free(operate);
}

static void
the_next_start_and_sighup_read_the_files(void **state)
{
    char path[4096], *again = NULL;
    START(OPEN, "auth.generate=true");
    char *data = read_token("data");
    stop();
    START(OPEN, "auth.generate=true");
    assert_string_equal(again = read_token("data"), data);
    expect_with(&service.data, data, 200, "GET", "/v1/users");
    snprintf(path, sizeof path, "%s/tokens/data", service.server.folder);
    FILE *f = fopen(path, "ae");
    fputs("another-token-of-the-same-scope-for-a-change\n", f);
    fclose(f);
    kill(service.server.pid, SIGHUP);
    wait_ms(300);
    expect_with(&service.data, data, 200, "GET", "/v1/users");
    expect_with(&service.data, "another-token-of-the-same-scope-for-a-change", 200, "GET",
                "/v1/users");
    free(data);
    free(again);
}

static void
a_configured_token_goes_before_a_file(void **state)
{
    char path[4096];
    START(OPEN, "auth.generate=true", "auth.data=data-data-data-data-data-data-32");
    expect_with(&service.data, "data-data-data-data-data-data-32", 200, "GET", "/v1/users");
    snprintf(path, sizeof path, "%s/tokens/data", service.server.folder);
    assert_int_not_equal(access(path, F_OK), 0);
    free(read_token("read"));
}

static void
a_file_without_a_good_token_ends_the_start_with_its_path(void **state)
{
    char path[4096], words[1024];
    START(OPEN, "auth.generate=true");
    stop();
    snprintf(path, sizeof path, "%s/tokens/operate", service.server.folder);
    FILE *f = fopen(path, "we");
    fputs("short\n", f);
    fclose(f);
    assert_int_equal(server_refuses(&service.server,
                                    (const char *const[]){OPEN, "auth.generate=true", NULL}, words,
                                    sizeof words),
                     1);
    assert_non_null(strstr(words, "auth.operate: token 1 has 5 characters"));
    assert_non_null(strstr(words, "/tokens/operate)"));
    assert_null(strstr(words, "short"));
}

static void
without_it_a_plane_for_others_still_needs_a_token(void **state)
{
    assert_int_equal(run_here("--check --set listen.data=0.0.0.0:8080"), 1);
    assert_non_null(strstr(said, "listen.data: 0.0.0.0 is not a loopback address"));
    assert_int_equal(run_here("--check --set listen.data=0.0.0.0:8080 --set auth.generate=1"), 0);
}

static void
token_show_prints_the_file_of_a_scope(void **state)
{
    START(OPEN, "auth.generate=true");
    char *operate = read_token("operate");
    assert_int_equal(run_here("token show operate --set auth.generate=true"), 0);
    said[strcspn(said, "\n")] = '\0';
    assert_string_equal(said, operate);
    free(operate);
    assert_int_equal(run_here("token show everything --set auth.generate=true"), 1);
    assert_non_null(strstr(said, "everything is none of: data read operate dump"));
    assert_int_equal(run_here("token show read"), 1);
    assert_non_null(strstr(said, "auth.generate is off"));
    assert_int_equal(run("token show"), 1);
    assert_int_equal(run("token forget"), 1);
}

static void
token_new_prints_another_one_each_time(void **state)
{
    char first[64];
    assert_int_equal(run("token new"), 0);
    assert_int_equal(strlen(said), 44);
    snprintf(first, sizeof first, "%.43s", said);
    assert_int_equal(run("token new"), 0);
    assert_memory_not_equal(said, first, 43);
}

// --- Settings ----------------------------------------------------------------------------------

static void
check_says_what_is_wrong_and_opens_nothing(void **state)
{
    char path[4096];
    assert_int_equal(run_here("--check"), 0);
    assert_string_equal(said, "tenured: the settings are valid\n");
    snprintf(path, sizeof path, "%s/tenured.db", service.server.folder);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(run_here("--set http.threads=many --check"), 1);
    assert_string_equal(said, "tenured: http.threads: must be a whole number (--set)\n");
    assert_int_equal(run_here("--check --set http.thread=1"), 1);
    assert_non_null(strstr(said, "http.thread: unknown key"));
}

static void
print_config_masks_tokens(void **state)
{
    assert_int_equal(run_here("--set auth.data=data-data-data-data-data-data-32 --print-config"),
                     0);
    assert_null(strstr(said, "data-data"));
    json_t *shown = json_loads(said, 0, NULL), *tokens;
    assert_non_null(shown);
    tokens = json_object_get(json_object_get(shown, "auth"), "data");
    assert_string_equal(json_string_value(json_array_get(tokens, 0)), "***");
    json_decref(shown);
}

// --- Health ------------------------------------------------------------------------------------

static int
ask_health(void)
{
    char arguments[8192];
    snprintf(arguments, sizeof arguments,
             "healthcheck --set listen.data=127.0.0.1:0 --ports-file %s/ports",
             service.server.folder);
    return run_here(arguments);
}

static void
healthcheck_is_whether_it_is_ready(void **state)
{
    START("drain.delay=60s");
    assert_int_equal(ask_health(), 0);
    assert_string_equal(said, "");
    kill(service.server.pid, SIGTERM);
    for (int i = 0; client_call(&service.data, "GET", "/readyz", NULL) != 503 && i < 1000; i++)
        wait_ms(1);
    assert_int_equal(ask_health(), 1);
    assert_non_null(strstr(said, "said 503"));
    server_kill(&service.server);
    client_fini(&service.data);
    client_fini(&service.admin);
    assert_int_equal(ask_health(), 1);
    assert_non_null(strstr(said, "Connection refused"));
}

static void
healthcheck_needs_no_token_on_a_plane_for_others(void **state)
{
    char arguments[8192];
    START(OPEN, "auth.generate=true");
    snprintf(arguments, sizeof arguments,
             "healthcheck --set listen.data=0.0.0.0:%u --set auth.generate=true",
             service.server.data_port);
    assert_int_equal(run_here(arguments), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(the_first_start_makes_a_file_a_scope_for_its_owner_alone),
        SERVICE_TEST(each_token_opens_what_its_scope_holds),
        SERVICE_TEST(the_next_start_and_sighup_read_the_files),
        SERVICE_TEST(a_configured_token_goes_before_a_file),
        SERVICE_TEST(a_file_without_a_good_token_ends_the_start_with_its_path),
        SERVICE_TEST(without_it_a_plane_for_others_still_needs_a_token),
        SERVICE_TEST(token_show_prints_the_file_of_a_scope),
        SERVICE_TEST(token_new_prints_another_one_each_time),
        SERVICE_TEST(check_says_what_is_wrong_and_opens_nothing),
        SERVICE_TEST(print_config_masks_tokens),
        SERVICE_TEST(healthcheck_is_whether_it_is_ready),
        SERVICE_TEST(healthcheck_needs_no_token_on_a_plane_for_others),
    };
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
