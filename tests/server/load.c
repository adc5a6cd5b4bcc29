// SPDX-License-Identifier: MIT
//
// tenure-load against the real service: every scenario, and what an open model must notice.
#include "service_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char *json_path;

// Runs tenure-load with [words] beside the ports; returns its exit status.
static int
load(const char *format, ...)
{
    char words[512], command[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    assert_non_null(getenv("TENURE_LOAD"));
    free(json_path);
    assert_true(asprintf(&json_path, "%s/report.json", service.server.folder) > 0);
    unlink(json_path);
    snprintf(command, sizeof command,
             "%s --ports %s/ports --json %s --lag 2000 --quiet --seed 3 %s >%s/text 2>&1",
             getenv("TENURE_LOAD"), service.server.folder, json_path, words, service.server.folder);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static json_t *
read_report(void)
{
    json_t *root = json_load_file(json_path, 0, NULL);
    assert_non_null(root);
    return root;
}

static double
number(const json_t *root, const char *object, const char *name)
{
    return json_number_value(json_object_get(json_object_get(root, object), name));
}

// How many answers there were beside 2xx.
static double
errors(const json_t *root)
{
    const char *name;
    json_t *count;
    double sum = 0;
    json_object_foreach(json_object_get(root, "statuses"), name, count) if (name[0] != '2') sum +=
        json_number_value(count);
    return sum;
}

static void
check_run(const char *words, double expected)
{
    assert_int_equal(load("%s", words), 0);
    json_t *root = read_report();
    assert_in_range(number(root, "latency_ms", "count"), expected * 0.8, expected * 1.2);
    assert_true(errors(root) == 0);
    json_decref(root);
}

static void
steady_reads_and_a_login_storm_are_answered_without_an_error(void **state)
{
    START("shards=2");
    check_run("--scenario steady --users 100 --rate 200 --duration 1", 200);
    check_run("--scenario storm --users 300 --rate 200 --duration 1.5", 400);
    check_run("--scenario steady --arrivals constant --keys scan --users 100 --rate 100 "
              "--duration 1.5 --warmup 0.5",
              150);
}

static void
churn_and_one_user_with_many_sessions_too(void **state)
{
    START("shards=2");
    check_run("--scenario churn --users 100 --rate 300 --duration 2", 600);
    check_run("--scenario one-user --rate 200 --duration 1", 200);
}

static void
an_avalanche_refuses_everybody_once_and_they_log_in_again(void **state)
{
    START("shards=2");
    assert_int_equal(load("--scenario avalanche --users 50 --rate 200 --duration 4"), 0);
    json_t *root = read_report();
    assert_true(number(root, "statuses", "201") >= 10);
    assert_true(number(root, "statuses", "401") >= 5);
    assert_true(errors(root) <= 200); // a place is refused a few times at most
    const json_t *seconds = json_object_get(root, "seconds");
    assert_true(json_number_value(json_object_get(json_array_get(seconds, 0), "errors")) == 0);
    json_decref(root);
}

static void
a_cold_start_begins_with_misses_and_warms_up(void **state)
{
    START("shards=2", "gc.schedules=[]");
    assert_int_equal(load("--scenario cold --keys scan --users 200 --rate 200 --duration 3"), 0);
    json_t *root = read_report(), *seconds = json_object_get(root, "seconds");
    assert_true(json_number_value(json_object_get(json_array_get(seconds, 0), "ratio")) < 0.1);
    assert_true(json_number_value(json_object_get(json_array_get(seconds, 2), "ratio")) > 0.9);
    assert_in_range(number(root, "cache", "misses"), 150, 200);
    json_decref(root);
}

static void
collections_lie_on_the_axis_of_the_run(void **state)
{
    START("shards=2", "gc.schedules=[{\"name\":\"often\",\"when\":{\"every\":\"500ms\"},"
                      "\"action\":\"collect\"}]");
    assert_int_equal(load("--scenario churn --users 50 --rate 100 --duration 3"), 0);
    json_t *root = read_report(), *all = json_object_get(root, "collections"), *one;
    size_t i;
    assert_in_range(json_array_size(all), 3, 8);
    json_array_foreach(all, i, one)
    {
        assert_true(json_number_value(json_object_get(one, "t")) > -0.6);
        assert_true(json_number_value(json_object_get(one, "t")) < 5);
        assert_true(json_number_value(json_object_get(one, "pause_ms")) > 0);
    }
    assert_in_range(json_array_size(json_object_get(root, "samples")), 3, 6);
    json_decref(root);
}

// --- A stall -----------------------------------------------------------------------------------

enum { STALL_MS = 800 };

static void *
stall(void *arg)
{
    wait_ms(2000);
    kill(service.server.pid, SIGSTOP);
    wait_ms(STALL_MS);
    kill(service.server.pid, SIGCONT);
    return NULL;
}

// 100 requests a second: about 80 fall into 0.8 s, and wait 0.4 s in the mean. A client that waits
// for each answer before it asks again would have seen as many slow ones as it has connections.
static void
a_stall_counts_for_everyone_whom_it_delayed(void **state)
{
    pthread_t thread;
    START("shards=2");
    assert_int_equal(pthread_create(&thread, NULL, stall, NULL), 0);
    assert_int_equal(load("--scenario steady --users 10 --connections 2 --rate 100 --arrivals "
                          "constant --duration 4"),
                     0);
    pthread_join(thread, NULL);
    json_t *root = read_report();
    assert_true(number(root, "latency_ms", "max") >= STALL_MS * 0.9);
    assert_true(number(root, "latency_ms", "p90") >= STALL_MS * 0.2); // 400 in all, 40 above
    json_decref(root);
}

static void
a_generator_that_cannot_keep_up_reports_nothing(void **state)
{
    START("shards=2");
    assert_int_equal(load("--rate 100000 --users 10 --duration 0.1 --lag 0.001"), 3);
    assert_int_equal(access(json_path, F_OK), -1);
}

static void
nobody_there_is_said(void **state)
{
    START("shards=2");
    assert_int_equal(load("--data 127.0.0.1:1 --users 2 --duration 1"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(steady_reads_and_a_login_storm_are_answered_without_an_error),
        SERVICE_TEST(churn_and_one_user_with_many_sessions_too),
        SERVICE_TEST(an_avalanche_refuses_everybody_once_and_they_log_in_again),
        SERVICE_TEST(a_cold_start_begins_with_misses_and_warms_up),
        SERVICE_TEST(collections_lie_on_the_axis_of_the_run),
        SERVICE_TEST(a_stall_counts_for_everyone_whom_it_delayed),
        SERVICE_TEST(a_generator_that_cannot_keep_up_reports_nothing),
        SERVICE_TEST(nobody_there_is_said),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(json_path);
    return failed;
}
