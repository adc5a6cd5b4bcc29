// SPDX-License-Identifier: MIT
//
// Who may do what, as the running service sees it: tokens, scopes, hosts, origins, types of
// content.
#include "service_fixture.h"

#include <signal.h>

#define DATA    "data-data-data-data-data-data-32"
#define NEWER   "the-next-token-for-the-data-plane"
#define READ    "read-read-read-read-read-read-32"
#define OPERATE "operate-operate-operate-operate!"
#define DUMP    "dump-dump-dump-dump-dump-dump-32"

static const char *const with_tokens[] = {"auth.data=[\"" DATA "\",\"" NEWER "\"]",
                                          "auth.read=" READ, "auth.operate=" OPERATE,
                                          "auth.dump=" DUMP, NULL};

// The status of a call with a Bearer token, or none for NULL.
static long
status_with(struct client *c, const char *token, const char *method, const char *path,
            const char *body)
{
    char header[1024];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token != NULL ? token : "");
    if (token != NULL)
        client_add_header(c, header);
    return client_call(c, method, path, body);
}

static void
assert_status(struct client *c, const char *token, const char *method, const char *path,
              long status)
{
    long got = status_with(c, token, method, path, NULL);
    if (got != status)
        fail_msg("%s %s as %s: %ld instead of %ld", method, path, token, got, status);
}

// --- Scopes ------------------------------------------------------------------------------------

static void
without_tokens_a_loopback_plane_is_open(void **state)
{
    START("auth.read=" READ);
    make_user("ada");
    assert_status(&service.admin, NULL, "GET", "/v1/gc", 401);
}

static void
a_call_without_a_valid_token_is_401(void **state)
{
    start(with_tokens);
    static const char *const paths[] = {"/v1/users/ada", "/v1/sessions/x", "/no/such/path"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_status(&service.data, NULL, "GET", paths[i], 401);
        expect_problem(401, "unauthorized");
        expect_header("WWW-Authenticate", "Bearer realm=\"tenured\", Basic realm=\"tenured\"");
        assert_status(&service.data, READ, "GET", paths[i], 401);
        assert_status(&service.data, DATA "x", "GET", paths[i], 401);
        assert_status(&service.admin, DATA, "GET", "/v1/gc", 401);
    }
    assert_status(&service.data, DATA, "GET", "/no/such/path", 404);
    assert_status(&service.data, DATA, "DELETE", "/livez", 405);
}

static void
health_needs_no_token(void **state)
{
    start(with_tokens);
    struct client *const planes[] = {&service.data, &service.admin};
    for (int i = 0; i < 2; i++) {
        assert_status(planes[i], NULL, "GET", "/livez", 200);
        assert_status(planes[i], NULL, "GET", "/readyz", 200);
        assert_status(planes[i], "wrong", "GET", "/livez", 200);
    }
}

static void
several_tokens_are_valid_at_once(void **state)
{
    start(with_tokens);
    assert_int_equal(status_with(&service.data, DATA, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}"),
                     201);
    assert_int_equal(status_with(&service.data, NEWER, "GET", "/v1/users/ada", NULL), 200);
}

static void
a_scope_holds_what_is_below_it(void **state)
{
    static const struct {
        const char *token;
        long gets, changes;
    } rows[] = {{READ, 200, 403}, {OPERATE, 200, 200}, {DUMP, 200, 200}};
    start(with_tokens);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_status(&service.admin, rows[i].token, "GET", "/v1/gc", rows[i].gets);
        assert_status(&service.admin, rows[i].token, "GET", "/v1/memory", rows[i].gets);
        assert_status(&service.admin, rows[i].token, "POST", "/v1/gc/collect", rows[i].changes);
        assert_status(&service.admin, rows[i].token, "POST", "/v1/gc/freeze", rows[i].changes);
        assert_status(&service.admin, rows[i].token, "POST", "/v1/memory/peak/reset",
                      rows[i].changes);
    }
    assert_status(&service.admin, READ, "POST", "/v1/gc/unfreeze", 403);
    assert_non_null(strstr(service.admin.body.data, "urn:tenure:problem:insufficient-scope"));
}

static void
basic_carries_the_token_as_its_password(void **state)
{
    start(with_tokens);
    // any:DATA
    client_add_header(&service.data,
                      "Authorization: Basic YW55OmRhdGEtZGF0YS1kYXRhLWRhdGEtZGF0YS1kYXRhLTMy");
    expect(404, "GET", "/v1/users/ada", NULL);
    // any:wrong
    client_add_header(&service.data, "Authorization: Basic YW55Ondyb25n");
    expect_refused(401, "unauthorized", "GET", "/v1/users/ada", NULL);
}

static void
a_plane_that_others_can_reach_starts_with_a_token_and_warns_once(void **state)
{
    START("listen.data=0.0.0.0:0", "auth.data=" DATA);
    assert_status(&service.data, NULL, "GET", "/v1/users/ada", 401);
    assert_status(&service.data, DATA, "GET", "/v1/users/ada", 404);
    char *log = server_log(&service.server), *line = strstr(log, "\"event\":\"reachable\"");
    assert_non_null(line);
    assert_memory_equal(line - strlen("\"level\":\"warn\","), "\"level\":\"warn\",", 15);
    assert_non_null(strstr(line, "\"plane\":\"data\",\"address\":\"0.0.0.0\""));
    assert_null(strstr(line + 1, "\"event\":\"reachable\""));
    free(log);
}

static void
the_log_says_who_changed_something_and_never_a_token(void **state)
{
    start(with_tokens);
    client_add_header(&service.admin, "X-Forwarded-For: 203.0.113.9"); // says whoever likes to
    assert_status(&service.admin, OPERATE, "POST", "/v1/gc/collect", 200);
    assert_status(&service.admin, READ, "POST", "/v1/gc/freeze", 403);
    assert_status(&service.admin, "wrong-wrong-wrong-wrong-wrong-wrong", "GET", "/v1/gc", 401);
    stop();
    char *log = server_log(&service.server);
    // The digits are those of: printf %s TOKEN | sha256sum
    assert_non_null(
        strstr(log, "\"event\":\"audit\",\"caller\":\"operate:bb4592bd\",\"from\":\"127.0.0.1\","
                    "\"method\":\"POST\",\"path\":\"/v1/gc/collect\",\"status\":200"));
    assert_non_null(
        strstr(log, "\"caller\":\"read:02df96a9\",\"from\":\"127.0.0.1\",\"method\":\"POST\","
                    "\"path\":\"/v1/gc/freeze\",\"status\":403"));
    assert_non_null(strstr(log, "\"event\":\"unauthorized\",\"requests\":1,"));
    static const char *const secrets[] = {DATA, READ, OPERATE, DUMP, "wrong-wrong"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert_null(strstr(log, secrets[i]));
    free(log);
}

static void
guessing_fills_no_disk(void **state)
{
    start(with_tokens);
    for (int i = 0; i < 200; i++)
        assert_status(&service.data, "guess", "GET", "/v1/users/ada", 401);
    char *log = server_log(&service.server);
    size_t lines = 0;
    for (const char *p = log; (p = strstr(p, "\"event\":\"unauthorized\"")) != NULL; p++)
        lines++;
    assert_in_range(lines, 1, 60);
    free(log);
}

// --- SIGHUP ------------------------------------------------------------------------------------

static void
write_tokens(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

// The log's [number]-th line of a reload is there.
static void
wait_for_reload(int number)
{
    for (int seen = 0, waited = 0; seen < number; waited++) {
        char *log = server_log(&service.server);
        seen = 0;
        for (const char *p = log; (p = strstr(p, "\"event\":\"reload\"")) != NULL; p++)
            seen++;
        free(log);
        assert_true(waited < 5000);
        wait_ms(1);
    }
}

static void
sighup_reads_tokens_again(void **state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tokens", service.server.folder);
    setenv("TENURED_AUTH__DATA_FILE", path, 1);
    write_tokens(path, DATA "\n");
    start(NULL);
    assert_status(&service.data, DATA, "GET", "/v1/users/ada", 404);
    write_tokens(path, DATA "\n" NEWER "\n");
    kill(service.server.pid, SIGHUP);
    wait_for_reload(1);
    assert_status(&service.data, DATA, "GET", "/v1/users/ada", 404);
    assert_status(&service.data, NEWER, "GET", "/v1/users/ada", 404);
    write_tokens(path, NEWER "\n");
    kill(service.server.pid, SIGHUP);
    wait_for_reload(2);
    assert_status(&service.data, DATA, "GET", "/v1/users/ada", 401);
    assert_status(&service.data, NEWER, "GET", "/v1/users/ada", 404);
    write_tokens(path, "short\n");
    kill(service.server.pid, SIGHUP);
    wait_for_reload(3);
    assert_status(&service.data, NEWER, "GET", "/v1/users/ada", 404);
    unsetenv("TENURED_AUTH__DATA_FILE");
}

static void
sighup_never_opens_a_plane_that_others_can_reach(void **state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/config.json", service.server.folder);
    write_tokens(path, "{\"auth\": {\"data\": [\"" DATA "\"]}}");
    service.server.config_file = path;
    START("listen.data=0.0.0.0:0");
    write_tokens(path, "{}");
    kill(service.server.pid, SIGHUP);
    wait_for_reload(1);
    assert_status(&service.data, NULL, "GET", "/v1/users/ada", 401);
    assert_status(&service.data, DATA, "GET", "/v1/users/ada", 404);
}

// --- Host, Origin, content type ------------------------------------------------------------------

static long
status_from(const char *header)
{
    client_add_header(&service.data, header);
    client_add_header(&service.data, "Authorization: Bearer " DATA);
    return client_call(&service.data, "GET", "/v1/users/ada", NULL);
}

static void
host_must_name_this_machine_where_no_token_is_asked_for(void **state)
{
    START("log.level=warn");
    assert_int_equal(status_from("Host: localhost:1"), 404);
    assert_int_equal(status_from("Host: rebound.example.com"), 421);
    expect_problem(421, "misdirected-request");
}

static void
with_tokens_any_host_may_be_named(void **state)
{
    start(with_tokens);
    assert_int_equal(status_from("Host: tenured.internal"), 404);
    assert_int_equal(status_from("Origin: http://example.com"), 403);
    expect_problem(403, "foreign-origin");
    assert_int_equal(status_from("Sec-Fetch-Site: cross-site"), 403);
}

static void
a_list_of_hosts_holds_with_tokens_and_without(void **state)
{
    for (int i = 0; i < 2; i++) {
        START("http.hosts=[\"api.example.org\"]", i ? "auth.data=" DATA : "log.level=warn");
        assert_int_equal(status_from("Host: api.example.org"), 404);
        assert_int_equal(status_from("Host: localhost"), 404);
        assert_int_equal(status_from("Host: example.org"), 421);
        stop();
    }
}

static long
status_of_type(const char *type, const char *body)
{
    client_add_header(&service.data, type);
    return client_call(&service.data, "PUT", "/v1/users/ada", body);
}

static void
a_body_is_json_or_a_merge_patch(void **state)
{
    START("log.level=warn");
    static const char *const wrong[] = {"Content-Type: text/plain",
                                        "Content-Type: application/jsonx",
                                        "Content-Type: application/x-www-form-urlencoded",
                                        "Content-Type: application/json-patch+json"};
    static const char *const fine[] = {"Content-Type: application/json",
                                       "Content-Type: Application/JSON; charset=utf-8",
                                       "Content-Type: application/merge-patch+json"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(status_of_type(wrong[i], "{\"name\":\"Ada\"}"), 415);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        assert_in_range(status_of_type(fine[i], "{\"name\":\"Ada\"}"), 200, 201);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(without_tokens_a_loopback_plane_is_open),
        SERVICE_TEST(a_call_without_a_valid_token_is_401),
        SERVICE_TEST(health_needs_no_token),
        SERVICE_TEST(several_tokens_are_valid_at_once),
        SERVICE_TEST(a_scope_holds_what_is_below_it),
        SERVICE_TEST(basic_carries_the_token_as_its_password),
        SERVICE_TEST(a_plane_that_others_can_reach_starts_with_a_token_and_warns_once),
        SERVICE_TEST(the_log_says_who_changed_something_and_never_a_token),
        SERVICE_TEST(guessing_fills_no_disk),
        SERVICE_TEST(sighup_reads_tokens_again),
        SERVICE_TEST(sighup_never_opens_a_plane_that_others_can_reach),
        SERVICE_TEST(host_must_name_this_machine_where_no_token_is_asked_for),
        SERVICE_TEST(with_tokens_any_host_may_be_named),
        SERVICE_TEST(a_list_of_hosts_holds_with_tokens_and_without),
        SERVICE_TEST(a_body_is_json_or_a_merge_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
