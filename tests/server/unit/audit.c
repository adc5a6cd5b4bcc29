// SPDX-License-Identifier: MIT
//
// server/http/audit.c: which requests leave a line in the log, and what it says.
#include "client.h"
#include "support.h"

#include "http/listener.h"

#include <unistd.h>

#define TOKEN "operate-operate-operate-operate!"

static void
agree(struct request *r)
{
    reply_empty(r, 204);
}

static void
decline(struct request *r)
{
    reply_problem(r, "invalid-body", "Not today.");
}

static void
carry_out(struct request *r)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"previous\":1,\"current\":2}");
    reply_json(r, 200, &t);
}

static void
hand_over(struct request *r)
{
    struct text t;
    text_init(&t);
    text_adds(&t, "\x1f\x8b\n");
    reply_text(r, 200, "application/octet-stream", &t);
}

static const struct route routes[] = {
    {"GET", "/look", agree, ACCESS_READ},
    {"POST", "/change", agree, ACCESS_OPERATE},
    {"POST", "/order", carry_out, ACCESS_OPERATE},
    {"POST", "/decline", decline, ACCESS_OPERATE},
    {"POST", "/dump", agree, ACCESS_DUMP},
    {"GET", "/profile", hand_over, ACCESS_OPERATE},
    {NULL, NULL, NULL, 0},
};

// --- What is written to stdout while requests are made -------------------------------------------

static int saved, pipes[2];
static struct listener *listener;
static struct client client;

static void
start(const char *token)
{
    char error[256] = "";
    struct auth auth = {.count = 0};
    struct config_tokens tokens = {.count = 1};
    struct listener_options options = {.host = "127.0.0.1",
                                       .threads = 1,
                                       .connections = 16,
                                       .idle_timeout_ms = 30000,
                                       .body_limit = 4096,
                                       .routes = routes,
                                       .auth = &auth};
    if (token != NULL) {
        secret_sha256(span_of(token), tokens.hash[0]);
        auth_add(&auth, ACCESS_OPERATE, &tokens);
    }
    saved = dup(STDOUT_FILENO);
    assert_int_equal(pipe(pipes), 0);
    fflush(stdout);
    dup2(pipes[1], STDOUT_FILENO);
    listener = listener_start(&options, error, sizeof error);
    assert_string_equal(error, "");
    client_init(&client, listener_port(listener));
}

static const char * /* borrowed */
stop(void)
{
    static char said[16384];
    client_fini(&client);
    listener_stop(listener);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(pipes[1]);
    ssize_t len = read(pipes[0], said, sizeof said - 1);
    close(pipes[0]);
    said[len > 0 ? len : 0] = '\0';
    return said;
}

static long
call(const char *token, const char *method, const char *path)
{
    char header[256];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(&client, header);
    return client_call(&client, method, path, NULL);
}

// --- Tests ---------------------------------------------------------------------------------------

static void
a_change_is_a_line_and_a_look_is_none(void **state)
{
    start(TOKEN);
    assert_int_equal(call(TOKEN, "POST", "/change"), 204);
    assert_int_equal(call(TOKEN, "GET", "/look"), 204);
    assert_int_equal(call(TOKEN, "POST", "/nowhere"), 404);
    const char *said = stop(), *line = strstr(said, "\"event\":\"audit\"");
    assert_non_null(strstr(said,
                           "\"level\":\"info\",\"event\":\"audit\",\"caller\":\"operate:bb4592bd\","
                           "\"from\":\"127.0.0.1\",\"method\":\"POST\",\"path\":\"/change\","
                           "\"status\":204,\"request\":null,\"answer\":null}\n"));
    assert_null(strstr(line + 1, "\"event\":\"audit\""));
}

static void
a_line_holds_the_answer_with_what_was_before_and_is_after(void **state)
{
    start(TOKEN);
    assert_int_equal(call(TOKEN, "POST", "/order"), 200);
    assert_non_null(strstr(stop(), "\"path\":\"/order\",\"status\":200,\"request\":null,"
                                   "\"answer\":{\"previous\":1,\"current\":2}}\n"));
}

static void
bytes_that_are_no_json_stay_out_of_the_line(void **state)
{
    start(TOKEN);
    assert_int_equal(call(TOKEN, "GET", "/profile"), 200);
    assert_non_null(strstr(stop(), "\"path\":\"/profile\",\"status\":200,\"request\":null,"
                                   "\"answer\":null}\n"));
}

static void
a_change_that_was_refused_is_a_line_too(void **state)
{
    start(TOKEN);
    assert_int_equal(call(TOKEN, "POST", "/decline"), 422);
    assert_int_equal(call(TOKEN, "POST", "/dump"), 403);
    const char *said = stop();
    assert_non_null(strstr(said, "\"path\":\"/decline\",\"status\":422,\"request\":\""));
    assert_non_null(strstr(said, "\"path\":\"/dump\",\"status\":403,\"request\":\""));
}

static void
on_an_open_plane_anybody_may_change(void **state)
{
    start(NULL);
    assert_int_equal(call(TOKEN, "POST", "/change"), 204);
    assert_non_null(
        strstr(stop(), "\"event\":\"audit\",\"caller\":\"anybody\",\"from\":\"127.0.0.1\""));
}

static void
strangers_are_counted_once_a_second(void **state)
{
    start(TOKEN);
    assert_int_equal(call("guess", "GET", "/look"), 401);
    assert_int_equal(call("guess", "POST", "/change"), 401);
    assert_int_equal(call("guess", "GET", "/nowhere"), 401);
    usleep(1100000);
    assert_int_equal(call("guess", "GET", "/look"), 401);
    const char *said = stop();
    const char *first = strstr(said, "\"event\":\"unauthorized\",\"requests\":1,\"port\":");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "\"event\":\"unauthorized\",\"requests\":3,\"port\":"));
    assert_null(strstr(said, "audit"));
    assert_null(strstr(said, "guess"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_a_line_and_a_look_is_none),
        cmocka_unit_test(a_line_holds_the_answer_with_what_was_before_and_is_after),
        cmocka_unit_test(bytes_that_are_no_json_stay_out_of_the_line),
        cmocka_unit_test(a_change_that_was_refused_is_a_line_too),
        cmocka_unit_test(on_an_open_plane_anybody_may_change),
        cmocka_unit_test(strangers_are_counted_once_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
