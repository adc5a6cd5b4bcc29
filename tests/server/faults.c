// SPDX-License-Identifier: MIT
//
// The machine fails under the real program: a disk that is full, a file that may not grow, a store
// that somebody else holds, pages that are not what was written. Who cannot be served is told so,
// the log says why, and nothing that was acknowledged is lost.
#include "service_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 8192, SOUND_PAGES = 6, USERS = 200 };

static char folder[256], store[300], log_of_store[310]; // of the running test

static void
name_files(void)
{
    snprintf(folder, sizeof folder, "%s/disk", service.server.folder);
    snprintf(store, sizeof store, "%s/tenured.db", folder);
    snprintf(log_of_store, sizeof log_of_store, "%s-wal", store);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void
start_in_folder(void)
{
    char path[320];
    snprintf(path, sizeof path, "store.path=%s", store);
    START(path, "shards=2", "cache.negative_ttl=0s");
}

// Nothing can be written; whoever is in memory is served.
static void
expect_read_only(const struct known_session *s)
{
    expect_refused(503, "store-unavailable", "PUT", "/v1/users/late", "{\"name\":\"Late\"}");
    expect_header("Retry-After", "1");
    expect_refused(503, "not-ready", "GET", "/readyz", NULL);
    assert_int_equal(client_call(&service.admin, "GET", "/readyz", NULL), 503);
    expect(200, "GET", "/livez", NULL);
    verify(200, s->token);
}

// By itself, and also for who starts it again.
static void
expect_recovery(const struct known_session *s)
{
    wait_until_ready();
    expect(404, "GET", "/v1/users/late", NULL);
    make_user("late");
    stop();
    start_in_folder();
    expect(200, "GET", "/v1/users/ada", NULL);
    expect(200, "GET", "/v1/users/late", NULL);
    verify(200, s->token);
}

// --- A disk that is full -------------------------------------------------------------------------

static bool
has_small_disk(void)
{
    return mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") == 0;
}

static void
fill(const char *path)
{
    static const char bytes[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    close(fd);
}

static void
a_disk_that_is_full_refuses_writes_until_there_is_room(void **state)
{
    char filler[300];
    name_files();
    if (!has_small_disk()) {
        print_message("a file system cannot be mounted here\n");
        skip();
    }
    start_in_folder();
    make_user("ada");
    struct known_session s = make_session("ada", "");
    snprintf(filler, sizeof filler, "%s/filler", folder);
    fill(filler);
    expect_read_only(&s);
    expect_logged("the disk is full; make room");
    unlink(filler);
    expect_recovery(&s);
    stop();
    umount2(folder, MNT_DETACH);
}

// --- A file that may not grow --------------------------------------------------------------------

static void
limit_files(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(prlimit(service.server.pid, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    assert_int_equal(prlimit(service.server.pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void
a_file_that_may_not_grow_refuses_writes_until_it_may(void **state)
{
    struct stat now;
    name_files();
    start_in_folder();
    make_user("ada");
    struct known_session s = make_session("ada", "");
    assert_int_equal(stat(log_of_store, &now), 0);
    limit_files((rlim_t)now.st_size);
    expect_read_only(&s);
    expect_logged("cannot be read or written; check the disk");
    limit_files(RLIM_INFINITY);
    expect_recovery(&s);
}

// --- A store that somebody holds -----------------------------------------------------------------

static void
a_store_that_another_program_holds_refuses_writes_until_it_lets_go(void **state)
{
    sqlite3 *other;
    name_files();
    start_in_folder();
    make_user("ada");
    struct known_session s = make_session("ada", "");
    assert_int_equal(sqlite3_open(store, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    expect_read_only(&s);
    expect_logged("is locked by another program; end that program");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    expect_recovery(&s);
}

// --- Pages that are not what was written ---------------------------------------------------------

static void
make_many_users(void)
{
    char path[64], body[1200];
    for (int i = 0; i < USERS; i++) {
        snprintf(path, sizeof path, "/v1/users/u%03d", i);
        snprintf(body, sizeof body, "{\"name\":\"%0*d\"}", 1000, i);
        expect(201, "PUT", path, body);
    }
}

// Everything behind the first pages, which the start looks at.
static void
exchange_pages(char *bytes, size_t size, bool back)
{
    static char noise[64 * PAGE];
    memset(noise, 0xa5, sizeof noise);
    int fd = open(store, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && size <= sizeof noise);
    if (!back)
        assert_int_equal(pread(fd, bytes, size, SOUND_PAGES * PAGE), (ssize_t)size);
    assert_int_equal(pwrite(fd, back ? bytes : noise, size, SOUND_PAGES * PAGE), (ssize_t)size);
    close(fd);
}

static void
a_page_that_is_damaged_while_it_runs_fails_those_who_need_it_alone(void **state)
{
    static char bytes[20 * PAGE];
    name_files();
    start_in_folder();
    make_many_users();
    make_user("ada");
    struct known_session s = make_session("ada", "");
    stop(); // with a checkpoint: all of it is in the file
    start_in_folder();
    exchange_pages(bytes, sizeof bytes, false);
    expect_refused(503, "store-unavailable", "GET", "/v1/users/u100", NULL);
    expect_header("Retry-After", "1");
    expect_logged("is damaged; restore it from a backup");
    expect(200, "GET", "/livez", NULL);
    verify(200, s.token);
    expect(200, "GET", "/v1/users/ada", NULL); // resident
    exchange_pages(bytes, sizeof bytes, true);
    stop();
    start_in_folder();
    expect(200, "GET", "/v1/users/u100", NULL);
    verify(200, s.token);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_disk_that_is_full_refuses_writes_until_there_is_room),
        SERVICE_TEST(a_file_that_may_not_grow_refuses_writes_until_it_may),
        SERVICE_TEST(a_store_that_another_program_holds_refuses_writes_until_it_lets_go),
        SERVICE_TEST(a_page_that_is_damaged_while_it_runs_fails_those_who_need_it_alone),
    };
    // What is mounted here is seen from here alone, and goes with this process.
    if (unshare(CLONE_NEWNS) == 0)
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
