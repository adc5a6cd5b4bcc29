// SPDX-License-Identifier: MIT
//
// How the program starts, refuses to start, and ends.
#include "client.h"
#include "server.h"
#include "support.h"
#include "wire.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
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
assert_refused_on(struct server *s, const char *setting, const char *words)
{
    char said[1024];
    int status = server_refuses(s, (const char *const[]){setting, NULL}, said, sizeof said);
    if (status != 1 || !strstr(said, words) || strncmp(said, "tenured: ", 9) != 0)
        fail_msg("%s: status %d, said: %s", setting ? setting : "", status, said);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void
assert_refused(const char *setting, const char *words)
{
    struct server other;
    server_init(&other);
    assert_refused_on(&other, setting, words);
    server_fini(&other);
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
    assert_non_null(strstr(log, "\"event\":\"load\",\"sessions\":0,\"users\":0,\"seconds\":"));
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
    assert_refused(setting,
                   "/tenured.db is in use by another instance; stop it or choose another path");
}

static void
a_directory_that_cannot_be_written_is_refused(void **state)
{
    struct server *s = *state;
    char setting[4096], directory[2048];
    snprintf(directory, sizeof directory, "%s/closed", s->folder);
    assert_int_equal(mkdir(directory, 0500), 0);
    snprintf(setting, sizeof setting, "store.path=%s/tenured.db", directory);
    assert_refused(setting, "/closed/tenured.db.lock: Permission denied");
    assert_refused("store.path=/proc/nowhere/tenured.db",
                   "store.path: cannot make the directory /proc/nowhere");
}

// Writes [bytes] over the store's file from [offset] on.
static void
overwrite_store(const struct server *s, off_t offset, const void *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tenured.db", s->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
    close(fd);
}

static void
a_store_that_is_no_database_is_refused_and_left_alone(void **state)
{
    static const char poem[] = "Shall I compare thee to a summer's day? Thou art more lovely and "
                               "more temperate: rough winds do shake";
    struct server *s = *state;
    char path[4096], read[sizeof poem];
    overwrite_store(s, 0, poem, sizeof poem);
    assert_refused_on(s, NULL,
                      "/tenured.db is not a SQLite database; move it away or choose another path");
    snprintf(path, sizeof path, "%s/tenured.db", s->folder);
    FILE *f = fopen(path, "re");
    assert_int_equal(fread(read, 1, sizeof read, f), sizeof read);
    fclose(f);
    assert_memory_equal(read, poem, sizeof poem);
}

static void
make_store(struct server *s)
{
    struct client c;
    server_start(s, NULL);
    client_init(&c, s->data_port);
    assert_int_equal(client_call(&c, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}"), 201);
    assert_int_equal(client_call(&c, "POST", "/v1/sessions", "{\"user_id\":\"ada\"}"), 201);
    client_fini(&c);
    server_stop(s);
}

static void
a_damaged_store_is_refused(void **state)
{
    static char noise[65536];
    struct server *s = *state;
    make_store(s);
    memset(noise, 0xa5, sizeof noise);
    overwrite_store(s, 4096, noise, sizeof noise); // the first page has the schema
    assert_refused_on(s, NULL, "/tenured.db is damaged; restore it from a backup");
}

static void
a_store_of_a_newer_version_is_refused(void **state)
{
    static const unsigned char version[4] = {0, 0, 0,
                                             99}; // PRAGMA user_version, in the file's head
    struct server *s = *state;
    make_store(s);
    overwrite_store(s, 60, version, sizeof version);
    assert_refused_on(s, NULL, "/tenured.db has schema 99 and this version knows ");
}

static void
what_the_configuration_does_not_know_is_refused(void **state)
{
    assert_refused("no.such.key=1", "no.such.key: unknown key (--set)");
    assert_refused("shards=many", "shards: must be a whole number (--set)");
    assert_refused("shards=-1", "shards: -1 is outside of 0 to 1024 (--set)");
    assert_refused("auth.data=short", "auth.data: token 1 has 5 characters, not 32 to 512 (--set)");
    assert_refused("listen.data=0.0.0.0:0", "listen.data: 0.0.0.0 is not a loopback address, so "
                                            "this plane needs a token in auth.data (");
    assert_refused(
        "listen.admin=[::]:0",
        "listen.admin: :: is not a loopback address, so this plane needs a token in auth.read, ");
}

static void
a_configuration_that_cannot_be_read_is_refused(void **state)
{
    struct server *s = *state;
    char path[4096];
    snprintf(path, sizeof path, "%s/absent.json", s->folder);
    s->config_file = path;
    assert_refused_on(s, NULL, "--config: the file cannot be read: No such file or directory (");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
    assert_true(fd >= 0);
    close(fd);
    assert_refused_on(s, NULL, "--config: the file cannot be read: Permission denied (");
    assert_int_equal(chmod(path, 0600), 0);
    assert_refused_on(s, NULL, "--config: line 1: ");
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
        TEST(a_directory_that_cannot_be_written_is_refused),
        TEST(a_store_that_is_no_database_is_refused_and_left_alone),
        TEST(a_damaged_store_is_refused),
        TEST(a_store_of_a_newer_version_is_refused),
        TEST(what_the_configuration_does_not_know_is_refused),
        TEST(a_configuration_that_cannot_be_read_is_refused),
        TEST(what_was_acknowledged_is_there_after_sigterm),
        TEST(a_request_in_flight_is_answered_before_the_end),
        TEST(sigterm_ends_with_0_under_load),
        TEST(sigint_ends_with_0_under_load),
        TEST(a_second_sigterm_ends_with_0_under_load),
    };
    // Root may read and write everything; the programs that are started from here may not.
    prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
    prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
