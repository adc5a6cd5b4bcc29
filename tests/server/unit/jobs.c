// SPDX-License-Identifier: MIT
//
// The maintenance thread over three shards that the test fills with garbage. Holding a shard's lock
// is how the test stops a job where it wants.
#include "gc/jobs.h"
#include "support.h"

#include <semaphore.h>
#include <unistd.h>

enum { SHARDS = 3, FREED_PER_SHARD = 1, RING = 50000 };

struct fixture {
    struct config config;
    struct shard shards[SHARDS];
    struct domain domain;
    struct jobs *jobs;
};

// A job and the news of its end.
struct told {
    struct job job;
    sem_t done;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (unsigned i = 0; i < SHARDS; i++)
        assert_true(shard_init(&f->shards[i], i));
    f->config.gc_share = 0.25;
    f->domain.config = &f->config;
    f->domain.shards = f->shards;
    f->domain.shard_count = SHARDS;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->jobs)
        jobs_stop(f->jobs);
    for (unsigned i = 0; i < SHARDS; i++)
        shard_fini(&f->shards[i]);
    free(f);
    return 0;
}

static void
start(struct fixture *f)
{
    static const struct outlook outlook;
    f->jobs = jobs_start(&f->domain, &outlook);
    assert_non_null(f->jobs);
}

// A list that holds itself: one object that only a collection finds.
static void
add_garbage(struct shard *s)
{
    shard_take(s);
    tn_object *list = tn_list_new(s->heap);
    assert_non_null(list);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    tn_decref(list);
    shard_give(s);
}

static void
litter(struct fixture *f)
{
    for (unsigned i = 0; i < SHARDS; i++)
        add_garbage(&f->shards[i]);
}

static void
on_done(struct job *job)
{
    sem_post(&((struct told *)job)->done);
}

static enum jobs_answer
submit_job(struct fixture *f, struct told *t, enum pass_kind kind, int generation, int budget_ms)
{
    struct pass_title same;
    *t = (struct told){.job = {.pass.title = {kind, PASS_MANUAL, generation, NULL},
                               .budget_ms = budget_ms,
                               .done = on_done}};
    sem_init(&t->done, 0, 0);
    return jobs_submit(f->jobs, &t->job, &same);
}

static enum jobs_answer
submit(struct fixture *f, struct told *t, enum pass_kind kind, int generation)
{
    return submit_job(f, t, kind, generation, 0);
}

static void
run(struct fixture *f, struct told *t, enum pass_kind kind, int generation)
{
    assert_int_equal(submit(f, t, kind, generation), JOBS_ACCEPTED);
    sem_wait(&t->done);
}

// Holds one shard's lock until it is told to let go.
struct obstacle {
    struct shard *shard;
    pthread_t thread;
    sem_t there, away;
};

static void *
obstruct(void *arg)
{
    struct obstacle *o = arg;
    shard_take(o->shard);
    sem_post(&o->there);
    sem_wait(&o->away);
    shard_give(o->shard);
    return NULL;
}

static void
obstacle_start(struct obstacle *o, struct shard *s)
{
    o->shard = s;
    sem_init(&o->there, 0, 0);
    sem_init(&o->away, 0, 0);
    assert_int_equal(pthread_create(&o->thread, NULL, obstruct, o), 0);
    sem_wait(&o->there);
}

static void
obstacle_stop(struct obstacle *o)
{
    sem_post(&o->away);
    pthread_join(o->thread, NULL);
}

// --- Jobs ------------------------------------------------------------------------------------

static void
a_collection_goes_over_all_shards_and_adds_up(void **state)
{
    struct fixture *f = *state;
    struct told t;
    start(f);
    litter(f);
    run(f, &t, PASS_COLLECT, 2);
    assert_int_equal(t.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(t.job.pass.slices, SHARDS);
    assert_true(t.job.pass.complete);
    assert_true(t.job.pass.found.bytes_freed > 0);
    assert_int_equal(t.job.pass.before.objects - t.job.pass.after.objects,
                     SHARDS * FREED_PER_SHARD);
    assert_int_equal(t.job.pass.before.bytes - t.job.pass.after.bytes,
                     t.job.pass.found.bytes_freed);
    assert_true(t.job.pass.pause_max_ns > 0 && t.job.pass.pause_max_ns <= t.job.pass.ns);
    run(f, &t, PASS_COLLECT, 2);
    assert_int_equal(t.job.pass.found.collected, 0);
}

static void
the_generation_is_the_one_that_was_asked_for(void **state)
{
    struct fixture *f = *state;
    struct told t;
    struct shard_figures figures;
    start(f);
    run(f, &t, PASS_COLLECT, 1);
    domain_read_figures(&f->domain, &figures);
    assert_int_equal(figures.stats[0].collections, 0);
    assert_int_equal(figures.stats[1].collections, SHARDS);
    assert_int_equal(figures.stats[2].collections, 0);
}

static void
freezing_collects_first_only_if_asked(void **state)
{
    struct fixture *f = *state;
    struct told t;
    start(f);
    litter(f);
    run(f, &t, PASS_FREEZE, -1);
    assert_int_equal(t.job.pass.found.collected, 0);
    assert_int_equal(t.job.pass.after.frozen, t.job.pass.before.objects);
    run(f, &t, PASS_UNFREEZE, -1);
    assert_int_equal(t.job.pass.after.frozen, 0);
    run(f, &t, PASS_FREEZE, 2);
    assert_int_equal(t.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(t.job.pass.after.frozen, t.job.pass.after.objects);
    run(f, &t, PASS_UNFREEZE, -1);
}

static void
a_job_like_the_one_that_runs_is_refused_and_told_which(void **state)
{
    struct fixture *f = *state;
    struct told first, second = {.job.pass.title = {PASS_COLLECT, PASS_TIMER, 0, NULL}};
    struct pass_title same;
    struct obstacle o;
    start(f);
    obstacle_start(&o, &f->shards[1]);
    assert_int_equal(submit(f, &first, PASS_COLLECT, 0), JOBS_ACCEPTED);
    assert_int_equal(jobs_submit(f->jobs, &second.job, &same), JOBS_BUSY);
    obstacle_stop(&o);
    assert_int_equal(same.kind, PASS_COLLECT);
    assert_int_equal(same.generation, 0);
    assert_int_equal(same.cause, PASS_MANUAL);
    sem_wait(&first.done);
    assert_int_equal(first.job.pass.slices, SHARDS);
    run(f, &second, PASS_COLLECT, 0); // whoever was told the end may go on at once
}

static void
a_different_job_waits_its_turn(void **state)
{
    struct fixture *f = *state;
    struct told full, young, freeze, again;
    struct obstacle o;
    start(f);
    litter(f);
    obstacle_start(&o, &f->shards[0]);
    assert_int_equal(submit(f, &full, PASS_COLLECT, 2), JOBS_ACCEPTED);
    assert_int_equal(submit(f, &young, PASS_COLLECT, 0), JOBS_ACCEPTED);
    assert_int_equal(submit(f, &freeze, PASS_FREEZE, -1), JOBS_ACCEPTED);
    assert_int_equal(submit(f, &again, PASS_FREEZE, -1), JOBS_BUSY); // one waits already
    obstacle_stop(&o);
    sem_wait(&freeze.done);
    assert_int_equal(sem_trywait(&full.done), 0);
    assert_int_equal(sem_trywait(&young.done), 0);
    assert_int_equal(full.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(young.job.pass.found.collected, 0);
    run(f, &again, PASS_UNFREEZE, -1);
}

// --- Budgets ---------------------------------------------------------------------------------

// Lists that hold each other in a ring: work for several slices.
static void
add_ring(struct shard *s, int count)
{
    shard_take(s);
    tn_object *first = tn_list_new(s->heap), *last = first;
    for (int i = 1; i < count; i++) {
        tn_object *list = tn_list_new(s->heap);
        assert_int_equal(tn_list_append_steal(last, tn_ref(list)), TN_OK);
        last = list;
    }
    assert_int_equal(tn_list_append_steal(last, tn_ref(first)), TN_OK);
    shard_give(s);
}

static struct pass
run_with_budget(struct fixture *f, enum pass_kind kind, int generation, int budget_ms)
{
    struct told t;
    assert_int_equal(submit_job(f, &t, kind, generation, budget_ms), JOBS_ACCEPTED);
    sem_wait(&t.done);
    return t.job.pass;
}

static struct pass
collect_with_budget(struct fixture *f, int generation, int budget_ms)
{
    return run_with_budget(f, PASS_COLLECT, generation, budget_ms);
}

static void
set_default_budget(struct fixture *f, int budget_ms)
{
    struct jobs_state s;
    jobs_read(f->jobs, &s);
    s.policy.default_budget_ms = budget_ms;
    jobs_change_policy(f->jobs, &s.policy);
}

static void
a_budget_is_kept_in_slices_that_find_the_same(void **state)
{
    struct fixture *f = *state;
    start(f);
    for (unsigned i = 0; i < SHARDS; i++)
        add_ring(&f->shards[i], RING);
    struct pass pass = collect_with_budget(f, 2, 1);
    assert_true(pass.complete);
    assert_null(pass.stopped);
    assert_true(pass.slices > SHARDS);
    assert_int_equal(pass.found.collected, SHARDS * RING);
    assert_true(pass.pause_max_ns < pass.ns / 2);
}

static void
the_default_budget_is_the_policys(void **state)
{
    struct fixture *f = *state;
    start(f);
    set_default_budget(f, 7);
    assert_int_equal(collect_with_budget(f, 2, CONFIG_DEFAULT_BUDGET).pace.budget_ns, 7000000);
    assert_int_equal(collect_with_budget(f, 2, 0).pace.budget_ns, 0);
    assert_int_equal(collect_with_budget(f, 1, CONFIG_DEFAULT_BUDGET).pace.budget_ns, 0);
    assert_int_equal(run_with_budget(f, PASS_FREEZE, 2, CONFIG_DEFAULT_BUDGET).pace.budget_ns,
                     7000000);
    assert_int_equal(run_with_budget(f, PASS_REFREEZE, 2, CONFIG_DEFAULT_BUDGET).pace.budget_ns,
                     7000000);
    assert_int_equal(run_with_budget(f, PASS_PREVIEW, 2, CONFIG_DEFAULT_BUDGET).pace.budget_ns, 0);
    assert_int_equal(run_with_budget(f, PASS_UNFREEZE, -1, CONFIG_DEFAULT_BUDGET).pace.budget_ns,
                     0);
}

// Whoever asks is somebody to make way for.
static bool
is_in_progress(struct shard *s)
{
    shard_take(s);
    bool in_progress = tn_gc_in_progress(s->heap);
    shard_give(s);
    return in_progress;
}

static void
a_cancelled_collection_in_slices_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    struct told t;
    start(f);
    add_ring(&f->shards[0], 10 * RING);
    assert_int_equal(submit_job(f, &t, PASS_COLLECT, 2, 1), JOBS_ACCEPTED);
    while (!is_in_progress(&f->shards[0]))
        usleep(100);
    jobs_cancel(f->jobs);
    sem_wait(&t.done);
    assert_true(t.job.pass.slices > 0);
    assert_false(t.job.pass.complete);
    assert_string_equal(t.job.pass.stopped, "cancelled");
    assert_false(is_in_progress(&f->shards[0]));
}

// --- Rules -----------------------------------------------------------------------------------

static struct jobs_state
wait_for_run(struct fixture *f, int generation)
{
    struct jobs_state s;
    for (jobs_read(f->jobs, &s); s.last[generation].at_ms == 0; jobs_read(f->jobs, &s))
        usleep(1000);
    return s;
}

static void
unfreeze(struct fixture *f)
{
    struct told t;
    run(f, &t, PASS_UNFREEZE, -1);
}

static void
a_rule_runs_by_itself(void **state)
{
    struct fixture *f = *state;
    f->config.rules[0] =
        (struct config_rule){.name = "often", .enabled = true, .amount = 5, .generation = 1};
    f->config.rule_count = 1;
    start(f);
    struct jobs_state s = wait_for_run(f, 1);
    assert_int_equal(s.last[1].cause, PASS_TIMER);
    assert_int_equal(s.last[2].at_ms, 0);
}

static void
without_a_run_nothing_is_remembered(void **state)
{
    struct fixture *f = *state;
    struct jobs_state s;
    start(f);
    jobs_read(f->jobs, &s);
    assert_false(s.busy);
    for (int g = 0; g < TN_GENERATIONS; g++)
        assert_int_equal(s.last[g].at_ms, 0);
}

// What a test lets the maintenance thread believe.
struct world {
    _Atomic uint64_t now_ns, requests;
};

static uint64_t
now_of_world(void *arg)
{
    return ((struct world *)arg)->now_ns;
}

static uint64_t
requests_of_world(void *arg)
{
    return ((struct world *)arg)->requests;
}

static int64_t
no_limit(void *arg)
{
    return -1;
}

static void
start_in_world(struct fixture *f, struct world *world)
{
    const struct outlook outlook = {now_of_world, requests_of_world, no_limit, world};
    f->jobs = jobs_start(&f->domain, &outlook);
    assert_non_null(f->jobs);
}

static const struct history_run *
wait_for_history(struct fixture *f, uint64_t number)
{
    static struct history_run run;
    while (jobs_read_history(f->jobs, UINT64_MAX, &run, 1) == 0 || run.number < number)
        usleep(1000);
    return &run;
}

static void
a_rule_runs_by_the_clock_that_it_is_given(void **state)
{
    struct fixture *f = *state;
    struct world world = {1, 0};
    const struct config_rule hourly = {
        .name = "hourly", .enabled = true, .amount = 3600000, .generation = 2};
    start_in_world(f, &world);
    assert_int_equal(jobs_put_rule(f->jobs, &hourly), SCHEDULER_CREATED);
    world.now_ns = UINT64_C(3600001) * 1000000;
    assert_int_equal(jobs_put_rule(f->jobs, &(struct config_rule){.name = "other"}),
                     SCHEDULER_CREATED); // it wakes the thread
    const struct history_run *run = wait_for_history(f, 1);
    assert_int_equal(run->pass.title.cause, PASS_TIMER);
    assert_string_equal(run->rule, "hourly");
}

static void
rules_are_changed_and_removed_while_they_run(void **state)
{
    struct fixture *f = *state;
    struct world world = {1, 0};
    struct config_rule rule = {.name = "busy",
                               .enabled = true,
                               .trigger = RULE_EVERY_REQUESTS,
                               .amount = 100,
                               .action = RULE_REFREEZE,
                               .generation = 2};
    struct schedule rules[CONFIG_MAX_RULES];
    start_in_world(f, &world);
    litter(f);
    assert_int_equal(jobs_put_rule(f->jobs, &rule), SCHEDULER_CREATED);
    world.requests = 100;
    world.now_ns += UINT64_C(1000000000);
    rule.budget_ms = 1;
    assert_int_equal(jobs_put_rule(f->jobs, &rule), SCHEDULER_CHANGED);
    world.requests = 200;
    world.now_ns += UINT64_C(1000000000);
    const struct history_run *run = wait_for_history(f, 1);
    assert_int_equal(run->pass.title.cause, PASS_REQUESTS);
    assert_int_equal(run->pass.title.kind, PASS_REFREEZE);
    assert_int_equal(run->pass.pace.budget_ns, 1000000);
    assert_int_equal(run->pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(jobs_read_rules(f->jobs, rules), 1);
    assert_int_equal(rules[0].runs, 1);
    assert_true(jobs_remove_rule(f->jobs, "busy"));
    assert_false(jobs_remove_rule(f->jobs, "busy"));
    assert_int_equal(jobs_read_rules(f->jobs, rules), 0);
    unfreeze(f);
}

static void
refreezing_finds_what_was_frozen_and_died(void **state)
{
    struct fixture *f = *state;
    struct told t;
    start(f);
    litter(f);
    run(f, &t, PASS_FREEZE, -1);
    run(f, &t, PASS_COLLECT, 2);
    assert_int_equal(t.job.pass.found.collected, 0);
    run(f, &t, PASS_REFREEZE, 2);
    assert_int_equal(t.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(t.job.pass.after.frozen, t.job.pass.after.objects);
    run(f, &t, PASS_UNFREEZE, -1);
}

static void
a_preview_finds_and_frees_nothing_and_is_no_run(void **state)
{
    struct fixture *f = *state;
    struct history_run last;
    struct told t;
    start(f);
    litter(f);
    for (int i = 0; i < 2; i++) {
        run(f, &t, PASS_PREVIEW, 2);
        assert_int_equal(t.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
        assert_int_equal(t.job.pass.after.objects, t.job.pass.before.objects);
    }
    assert_int_equal(jobs_read_history(f->jobs, UINT64_MAX, &last, 1), 0);
    run(f, &t, PASS_COLLECT, 2);
    assert_int_equal(t.job.pass.found.collected, SHARDS * FREED_PER_SHARD);
    assert_int_equal(jobs_read_history(f->jobs, UINT64_MAX, &last, 1), 1);
}

static void
one_job_is_cancelled_and_the_others_go_on(void **state)
{
    struct fixture *f = *state;
    struct told full, young;
    struct obstacle o;
    start(f);
    obstacle_start(&o, &f->shards[0]);
    assert_int_equal(submit(f, &full, PASS_COLLECT, 2), JOBS_ACCEPTED);
    assert_int_equal(submit(f, &young, PASS_COLLECT, 0), JOBS_ACCEPTED);
    full.job.cancelled = true;
    obstacle_stop(&o);
    sem_wait(&young.done);
    assert_string_equal(full.job.pass.stopped, "cancelled");
    assert_true(young.job.pass.complete);
}

// --- The end ---------------------------------------------------------------------------------

static void
a_cancelled_job_is_answered_and_incomplete(void **state)
{
    struct fixture *f = *state;
    struct told t;
    struct obstacle o;
    start(f);
    obstacle_start(&o, &f->shards[0]);
    assert_int_equal(submit(f, &t, PASS_COLLECT, 2), JOBS_ACCEPTED);
    jobs_cancel(f->jobs);
    obstacle_stop(&o);
    sem_wait(&t.done);
    assert_false(t.job.pass.complete);
    assert_true(t.job.pass.slices < SHARDS);
}

static void
after_the_cancellation_jobs_are_refused(void **state)
{
    struct fixture *f = *state;
    struct told t;
    start(f);
    jobs_cancel(f->jobs);
    assert_int_equal(submit(f, &t, PASS_COLLECT, 2), JOBS_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_collection_goes_over_all_shards_and_adds_up),
        TEST(the_generation_is_the_one_that_was_asked_for),
        TEST(freezing_collects_first_only_if_asked),
        TEST(a_job_like_the_one_that_runs_is_refused_and_told_which),
        TEST(a_different_job_waits_its_turn),
        TEST(a_budget_is_kept_in_slices_that_find_the_same),
        TEST(the_default_budget_is_the_policys),
        TEST(a_cancelled_collection_in_slices_leaves_no_trace),
        TEST(a_rule_runs_by_itself),
        TEST(a_rule_runs_by_the_clock_that_it_is_given),
        TEST(rules_are_changed_and_removed_while_they_run),
        TEST(refreezing_finds_what_was_frozen_and_died),
        TEST(a_preview_finds_and_frees_nothing_and_is_no_run),
        TEST(one_job_is_cancelled_and_the_others_go_on),
        TEST(without_a_run_nothing_is_remembered),
        TEST(a_cancelled_job_is_answered_and_incomplete),
        TEST(after_the_cancellation_jobs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
