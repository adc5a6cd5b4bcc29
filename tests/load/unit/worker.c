// SPDX-License-Identifier: MIT
//
// Workers share places, fill a service that says yes to everything, and then keep the rate.
#include "worker.h"
#include "responder.h"

static struct responder responder;
static struct options options;
static struct crew crew;
static _Atomic unsigned made, logins, logouts, verifies, others;

// As it was when the run began.
static unsigned begun, in_then, logins_then, logouts_then;

static const char *
login(void)
{
    static char reply[256];
    char body[128];
    int len = snprintf(body, sizeof body, "{\"id\":\"s_%u\",\"token\":\"tn1_%u\"}", logins, logins);
    snprintf(reply, sizeof reply, "HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s", len,
             body);
    return reply;
}

static bool
is(const char *request, const char *start)
{
    return strncmp(request, start, strlen(start)) == 0;
}

static _Atomic unsigned * /* borrowed */
count_of(const char *request)
{
    return is(request, "PUT /v1/users/")             ? &made
           : is(request, "POST /v1/sessions ")       ? &logins
           : is(request, "DELETE /v1/sessions/")     ? &logouts
           : is(request, "POST /v1/sessions/verify") ? &verifies
                                                     : &others;
}

static const char *
answer(const char *request)
{
    ++*count_of(request);
    return is(request, "POST /v1/sessions ") ? login()
           : is(request, "DELETE ")          ? "HTTP/1.1 204 No Content\r\n\r\n"
                                             : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
}

static unsigned
count_in(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < crew.people.places; i++)
        count += crew.people.place[i].state == PLACE_IN;
    return count;
}

static void
before_run(void *arg)
{
    begun++;
    in_then = count_in();
    logins_then = logins;
    logouts_then = logouts;
}

static int
set_up(void **state)
{
    made = logins = logouts = verifies = others = begun = 0;
    responder_start(&responder, answer);
    return 0;
}

static int
tear_down(void **state)
{
    crew_fini(&crew);
    responder_stop(&responder);
    return 0;
}

static void
assemble(const char *scenario, unsigned threads, unsigned rate)
{
    char line[256], error[256], *argv[32], *rest = line;
    int argc = 0;
    snprintf(
        line, sizeof line,
        "tenure-load --data %s --scenario %s --threads %u --connections 6 --users 10 --rate %u "
        "--sessions 1 --duration 0.2 --arrivals constant --mix verify=1",
        responder.address, scenario, threads, rate);
    while ((argv[argc] = strsep(&rest, " ")))
        argc++;
    if (!options_read(&options, argc, argv, error, sizeof error))
        fail_msg("%s", error);
    crew_init(&crew, &options);
    crew.before_run = before_run;
}

static void
run(void)
{
    crew_start(&crew);
    crew_join(&crew);
    assert_int_equal(crew.finished, options.threads);
    assert_int_equal(begun, 1);
}

static uint64_t
tallied(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < options.threads; i++)
        sum += crew.tallies[i].statuses[200];
    return sum;
}

static void
each_place_belongs_to_one_worker(void **state)
{
    assemble("steady", 3, 100);
    assert_int_equal(crew.workers[0].places, 4);
    assert_int_equal(crew.workers[1].places, 3);
    assert_int_equal(crew.workers[2].places, 3);
}

static void
everybody_is_made_and_logged_in_before_the_run(void **state)
{
    assemble("steady", 3, 100);
    run();
    assert_int_equal(made, 10);
    assert_int_equal(logins_then, 10);
    assert_int_equal(in_then, 10);
    assert_int_equal(logouts_then, 0);
}

static void
who_is_to_be_out_when_it_begins_logs_out_again(void **state)
{
    assemble("churn", 2, 100);
    run();
    assert_int_equal(logins_then, 10);
    assert_int_equal(in_then, 4); // half of the five that each of them has
    assert_int_equal(logouts_then, 6);
}

static void
all_together_keep_the_rate_and_count_what_was_answered(void **state)
{
    assemble("steady", 3, 300);
    run();
    assert_int_equal(verifies, 60);
    assert_int_equal(tallied(), 60);
    assert_int_equal(others, 0);
}

static void
who_is_known_is_not_filled_in_again(void **state)
{
    assemble("steady", 2, 100);
    for (size_t i = 0; i < crew.people.places; i++)
        crew.people.place[i] = (struct place){.state = PLACE_IN, .id = "s_1", .token = "tn1_1"};
    crew.known = true;
    run();
    assert_int_equal(made + logins + logouts, 0);
    assert_int_equal(verifies, 20);
}

#define WORKER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKER_TEST(each_place_belongs_to_one_worker),
        WORKER_TEST(everybody_is_made_and_logged_in_before_the_run),
        WORKER_TEST(who_is_to_be_out_when_it_begins_logs_out_again),
        WORKER_TEST(all_together_keep_the_rate_and_count_what_was_answered),
        WORKER_TEST(who_is_known_is_not_filled_in_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
