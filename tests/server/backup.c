// SPDX-License-Identifier: MIT
//
// tenured backup: a copy while the service works, and a service that starts from the copy.
#include "service_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KNOWN = 200 };

static char copy[512]; // its path

// What the command says; it must end with [status].
static const char *
backup(int status, const char *to, const char *from)
{
    static char said[1024];
    char command[2048];
    snprintf(command, sizeof command, "'%s' backup '%s' --set 'store.path=%s' 2>&1",
             service.server.program, to, from);
    FILE *f = popen(command, "re");
    assert_non_null(f);
    size_t len = fread(said, 1, sizeof said - 1, f);
    said[len] = '\0';
    int ended = pclose(f);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status)
        fail_msg("%s: ended with %d: %s", command, ended, said);
    return said;
}

static const char *
store_path(void)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/tenured.db", service.server.folder);
    snprintf(copy, sizeof copy, "%s/copy.db", service.server.folder);
    return path;
}

static atomic_bool enough;

static void *
keep_writing(void *arg)
{
    struct client c;
    client_init(&c, service.server.data_port);
    while (!enough)
        if (client_call(&c, "POST", "/v1/sessions", "{\"user_id\":\"ada\"}") != 201)
            abort();
    client_fini(&c);
    return NULL;
}

static void
kill_service(void)
{
    server_kill(&service.server);
    client_fini(&service.data);
    client_fini(&service.admin);
}

static void
start_from_copy(void)
{
    char setting[600];
    snprintf(setting, sizeof setting, "store.path=%s", copy);
    START(setting);
}

static void
a_copy_made_under_load_holds_everything_acknowledged_before(void **state)
{
    static struct known_session known[KNOWN];
    pthread_t writer;
    struct stat file;
    const char *from = store_path();
    START("sessions.per_user=100000");
    make_user("ada");
    enough = false;
    assert_int_equal(pthread_create(&writer, NULL, keep_writing, NULL), 0);
    for (int i = 0; i < KNOWN; i++)
        known[i] = make_session("ada", ",\"data\":{\"n\":1.50}");
    backup(0, copy, from);
    enough = true;
    pthread_join(writer, NULL);
    assert_int_equal(stat(copy, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    kill_service();
    start_from_copy();
    for (int i = 0; i < KNOWN; i++) {
        verify(200, known[i].token);
        EXPECT_HAS("\"data\":{\"n\":1.50}");
    }
    make_session("ada", ""); // it can be written too
}

static void
a_copy_of_a_service_that_was_killed_is_whole(void **state)
{
    const char *from = store_path();
    START(NULL);
    make_user("ada");
    struct known_session s = make_session("ada", "");
    kill_service();
    backup(0, copy, from);
    start_from_copy();
    verify(200, s.token);
}

static void
a_file_that_is_there_is_left_alone(void **state)
{
    const char *from = store_path();
    START(NULL);
    FILE *f = fopen(copy, "we");
    fputs("precious", f);
    fclose(f);
    assert_non_null(strstr(backup(1, copy, from), "cannot make"));
    char text[16] = "";
    f = fopen(copy, "re");
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "precious");
}

static void
what_cannot_be_copied_is_said_in_a_sentence(void **state)
{
    const char *from = store_path();
    assert_non_null(strstr(backup(1, copy, from), "cannot be opened"));
    assert_int_equal(access(copy, F_OK), -1);
    FILE *f = fopen(from, "we");
    fprintf(f, "%0*d", 10000, 0);
    fclose(f);
    assert_non_null(strstr(backup(1, copy, from), "is not a SQLite database"));
    assert_int_equal(access(copy, F_OK), -1);
    assert_non_null(strstr(backup(1, "", from), "cannot make"));
    assert_non_null(strstr(backup(1, "--set", "x"), "say where to"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_copy_made_under_load_holds_everything_acknowledged_before),
        SERVICE_TEST(a_copy_of_a_service_that_was_killed_is_whole),
        SERVICE_TEST(a_file_that_is_there_is_left_alone),
        SERVICE_TEST(what_cannot_be_copied_is_said_in_a_sentence),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
