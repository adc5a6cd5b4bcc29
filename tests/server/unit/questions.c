// SPDX-License-Identifier: MIT
//
// Questions to the maintenance thread: asked slice by slice, with jobs in between.
#include "gc/jobs.h"
#include "support.h"

#include <semaphore.h>

enum { SHARDS = 2 };

struct fixture {
    struct config config;
    struct shard shards[SHARDS];
    struct domain domain;
    struct jobs *jobs;
};

static int
set_up(void **state)
{
    static const struct outlook outlook;
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (unsigned i = 0; i < SHARDS; i++)
        assert_true(shard_init(&f->shards[i], i));
    f->config.gc_share = 0.25;
    f->config.gc_default_budget_ms = 3;
    f->domain.config = &f->config;
    f->domain.shards = f->shards;
    f->domain.shard_count = SHARDS;
    f->jobs = jobs_start(&f->domain, &outlook);
    assert_non_null(f->jobs);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    jobs_stop(f->jobs);
    for (unsigned i = 0; i < SHARDS; i++)
        shard_fini(&f->shards[i]);
    free(f);
    return 0;
}

// A question that takes so many slices of each shard in turn, or as many as there are until it is
// told to end.
struct asked {
    struct question question;
    struct fixture *fixture;
    unsigned wanted, taken;
    uint64_t budget_ns;
    _Atomic bool end;
    sem_t begun, done;
};

static bool
slice(struct question *q, uint64_t budget_ns)
{
    struct asked *a = (struct asked *)q;
    assert_held(&q->shard->lock);
    assert_int_equal(q->shard->number, a->taken % SHARDS);
    a->budget_ns = budget_ns;
    if (a->taken++ == 0)
        sem_post(&a->begun);
    q->shard = &a->fixture->shards[a->taken % SHARDS];
    return a->taken < a->wanted && !a->end;
}

static void
on_done(struct question *q)
{
    sem_post(&((struct asked *)q)->done);
}

static enum jobs_answer
ask(struct fixture *f, struct asked *a, unsigned slices, const char **running)
{
    *a = (struct asked){.question = {.name = "search for something",
                                     .shard = f->shards,
                                     .slice = slice,
                                     .done = on_done},
                        .fixture = f,
                        .wanted = slices};
    sem_init(&a->begun, 0, 0);
    sem_init(&a->done, 0, 0);
    return jobs_ask(f->jobs, &a->question, running);
}

static void
a_question_is_asked_slice_by_slice(void **state)
{
    struct asked a;
    const char *running;
    assert_int_equal(ask(*state, &a, 7, &running), JOBS_ACCEPTED);
    sem_wait(&a.done);
    assert_int_equal(a.taken, 7);
    assert_int_equal(a.question.slices, 7);
    assert_int_equal(a.budget_ns, 3000000);
    assert_true(a.question.pause_max_ns > 0);
    assert_null(a.question.stopped);
    assert_int_equal(ask(*state, &a, 1, &running), JOBS_ACCEPTED);
    sem_wait(&a.done);
}

// A job and the news of its end.
struct told {
    struct job job;
    sem_t done;
};

static void
on_job_done(struct job *job)
{
    sem_post(&((struct told *)job)->done);
}

static void
a_job_runs_between_two_slices(void **state)
{
    struct fixture *f = *state;
    struct asked a;
    struct told t = {
        .job = {.pass.title = {PASS_COLLECT, PASS_MANUAL, 2, NULL}, .done = on_job_done}};
    struct pass_title same;
    const char *running;
    sem_init(&t.done, 0, 0);
    assert_int_equal(ask(f, &a, UINT32_MAX, &running), JOBS_ACCEPTED);
    sem_wait(&a.begun);
    assert_int_equal(jobs_submit(f->jobs, &t.job, &same), JOBS_ACCEPTED);
    sem_wait(&t.done); // while the question has not ended
    assert_true(t.job.pass.complete);
    assert_int_equal(sem_trywait(&a.done), -1);
    a.end = true;
    sem_wait(&a.done);
}

static void
a_second_question_is_refused_by_the_name_of_the_first(void **state)
{
    struct asked first, second;
    const char *running = NULL;
    assert_int_equal(ask(*state, &first, UINT32_MAX, &running), JOBS_ACCEPTED);
    assert_int_equal(ask(*state, &second, 1, &running), JOBS_BUSY);
    assert_string_equal(running, "search for something");
    first.end = true;
    sem_wait(&first.done);
}

static void
a_stop_answers_the_question_and_takes_no_other(void **state)
{
    struct fixture *f = *state;
    struct asked first, second;
    const char *running;
    assert_int_equal(ask(f, &first, UINT32_MAX, &running), JOBS_ACCEPTED);
    sem_wait(&first.begun);
    jobs_cancel(f->jobs);
    sem_wait(&first.done);
    assert_string_equal(first.question.stopped, "cancelled");
    assert_int_equal(ask(f, &second, 1, &running), JOBS_CANCELLED);
}

#define QUESTION_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        QUESTION_TEST(a_question_is_asked_slice_by_slice),
        QUESTION_TEST(a_job_runs_between_two_slices),
        QUESTION_TEST(a_second_question_is_refused_by_the_name_of_the_first),
        QUESTION_TEST(a_stop_answers_the_question_and_takes_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
