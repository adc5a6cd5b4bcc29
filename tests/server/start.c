// SPDX-License-Identifier: MIT
//
// How the program starts, refuses to start, and ends.
#include "client.h"
#include "server.h"
#include "support.h"
#include "wire.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
set_up(void **state)
{
    static struct server server;
    server_init(&server);
    *state = &server;
    return 0;
}

static int
tear_down(void **state)
{
    server_fini(*state);
    return 0;
}

// Status 1 and one sentence that holds [words], and nothing else.
static void
assert_refused(const char *setting, const char *words)
{
    struct server other;
    char said[1024];
    server_init(&other);
    int status = server_refuses(&other, (const char *const[]){setting, NULL}, said, sizeof said);
    server_fini(&other);
    if (status != 1 || !strstr(said, words) || strncmp(said, "tenured: ", 9) != 0)
        fail_msg("%s: status %d, said: %s", setting, status, said);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

// --- Start -----------------------------------------------------------------------------------

static void
the_start_is_one_line_with_ports_shards_threads_sessions_and_time(void **state)
{
    struct server *s = *state;
    server_start(s, (const char *const[]){"shards=3", "http.threads=2", NULL});
    char *log = server_log(s), *line = strstr(log, "\"event\":\"start\"");
    assert_non_null(line);
    char expected[160];
    snprintf(
        expected, sizeof expected,
        "\"data_port\":%u,\"admin_port\":%u,\"shards\":3,\"threads\":2,\"sessions\":0,\"seconds\":",
        s->data_port, s->admin_port);
    assert_non_null(strstr(line, expected));
    assert_null(strstr(line + 1, "\"event\":\"start\""));
    free(log);
}

static void
both_planes_are_ready_as_soon_as_the_ports_file_is_there(void **state)
{
    struct server *s = *state;
    server_start(s, NULL);
    unsigned ports[] = {s->data_port, s->admin_port};
    for (int i = 0; i < 2; i++) {
        struct client c;
        client_init(&c, ports[i]);
        assert_int_equal(client_call(&c, "GET", "/livez", NULL), 200);
        assert_int_equal(client_call(&c, "GET", "/readyz", NULL), 200);
        client_fini(&c);
    }
}

static void
the_store_is_its_owners_alone(void **state)
{
    struct server *s = *state;
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "store.path=%s/var/tenured.db", s->folder);
    server_start(s, (const char *const[]){path, NULL});
    snprintf(path, sizeof path, "%s/var", s->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/var/tenured.db", s->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

// --- Refusals --------------------------------------------------------------------------------

static void
a_port_in_use_is_refused(void **state)
{
    struct server *s = *state;
    char setting[80], port[20];
    server_start(s, NULL);
    snprintf(port, sizeof port, "%u", s->data_port);
    snprintf(setting, sizeof setting, "listen.data=127.0.0.1:%u", s->data_port);
    assert_refused(setting, port);
    snprintf(setting, sizeof setting, "listen.admin=127.0.0.1:%u", s->data_port);
    assert_refused(setting, port);
}

static void
a_second_instance_on_the_same_store_is_refused(void **state)
{
    struct server *s = *state;
    char setting[4096];
    server_start(s, NULL);
    snprintf(setting, sizeof setting, "store.path=%s/tenured.db", s->folder);
    assert_refused(setting, "tenured.db");
}

static void
what_the_configuration_does_not_know_is_refused(void **state)
{
    assert_refused("listen.data=0.0.0.0:0", "listen.data");
    assert_refused("shards=-1", "shards");
    assert_refused("no.such.key=1", "no.such.key");
    assert_refused("store.path=/proc/nowhere/tenured.db", "/proc/nowhere");
}

static void
an_unreadable_configuration_is_refused(void **state)
{
    struct server *s = *state;
    char command[8192], said[1024] = "";
    snprintf(command, sizeof command, "'%s' --config '%s/absent.json' 2>&1", s->program, s->folder);
    FILE *f = popen(command, "re");
    assert_non_null(f);
    fgets(said, sizeof said, f);
    assert_int_equal(WEXITSTATUS(pclose(f)), 1);
    assert_non_null(strstr(said, "absent.json"));
}

// --- End -------------------------------------------------------------------------------------

// Writes until the server is gone, or has had enough of it.
static void *
write_on(void *arg)
{
    const struct server *s = arg;
    struct client c;
    client_init(&c, s->data_port);
    while (client_call(&c, "PUT", "/v1/users/busy", "{\"name\":\"x\"}") != 0 && c.status < 500)
        client_call(&c, "POST", "/v1/sessions", "{\"user_id\":\"busy\"}");
    client_fini(&c);
    return NULL;
}

// Ends a server on which 16 clients write, and 4 collect.
static int
end_under_load(struct server *s, const int *signals)
{
    enum { CLIENTS = 16 };
    pthread_t threads[CLIENTS];
    server_start(s, (const char *const[]){"gc.schedules=[{\"name\":\"often\",\"when\":{\"every\":"
                                          "\"10ms\"},\"action\":\"collect\",\"generation\":2}]",
                                          "log.level=warn", NULL});
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, s), 0);
    usleep(200000);
    for (; *signals; signals++)
        kill(s->pid, *signals);
    int status;
    waitpid(s->pid, &status, 0);
    s->pid = 0;
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    return status;
}

static void
assert_admin_status(const struct server *s, const char *method, const char *path, long status)
{
    struct client c;
    client_init(&c, s->admin_port);
    while (client_call(&c, method, path, NULL) == 200 && status != 200)
        usleep(1000); // the signal is on its way
    assert_int_equal(c.status, status);
    client_fini(&c);
}

static void
a_request_in_flight_is_answered_before_the_end(void **state)
{
    static const char head[] = "PUT /v1/users/late HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n";
    struct server *s = *state;
    static struct wire_reply reply;
    server_start(s, NULL);
    int fd = wire_open((uint16_t)s->data_port);
    wire_sends(fd, head);
    wire_sends(fd, "{\"name\":");
    usleep(50000);
    kill(s->pid, SIGTERM);
    assert_admin_status(s, "GET", "/readyz", 503);
    assert_admin_status(s, "GET", "/livez", 200);
    assert_admin_status(s, "POST", "/v1/gc/collect", 503);
    wire_sends(fd, "\"Ada\"}");
    wire_receive(fd, &reply);
    assert_int_equal(reply.status, 201);
    close(fd);
    server_stop(s);
}

static void
sigterm_ends_with_0_under_load(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(end_under_load(*state, (const int[]){SIGTERM, 0}), 0);
}

static void
sigint_ends_with_0_under_load(void **state)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(end_under_load(*state, (const int[]){SIGINT, 0}), 0);
}

static void
a_second_sigterm_ends_with_0_under_load(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(end_under_load(*state, (const int[]){SIGTERM, SIGTERM, 0}), 0);
}

static void
what_was_acknowledged_is_there_after_sigterm(void **state)
{
    struct server *s = *state;
    struct client c;
    server_start(s, NULL);
    client_init(&c, s->data_port);
    assert_int_equal(client_call(&c, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}"), 201);
    client_fini(&c);
    server_stop(s);
    server_start(s, NULL);
    client_init(&c, s->data_port);
    assert_int_equal(client_call(&c, "GET", "/v1/users/ada", NULL), 200);
    client_fini(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_start_is_one_line_with_ports_shards_threads_sessions_and_time),
        TEST(both_planes_are_ready_as_soon_as_the_ports_file_is_there),
        TEST(the_store_is_its_owners_alone),
        TEST(a_port_in_use_is_refused),
        TEST(a_second_instance_on_the_same_store_is_refused),
        TEST(what_the_configuration_does_not_know_is_refused),
        TEST(an_unreadable_configuration_is_refused),
        TEST(what_was_acknowledged_is_there_after_sigterm),
        TEST(a_request_in_flight_is_answered_before_the_end),
        TEST(sigterm_ends_with_0_under_load),
        TEST(sigint_ends_with_0_under_load),
        TEST(a_second_sigterm_ends_with_0_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
