// SPDX-License-Identifier: MIT
//
// A dump of three shards, asked by the maintenance thread: what comes first, and how it ends.
#include "base/clock.h"
#include "gc/heapdump.h"
#include "support.h"

#include <semaphore.h>
#include <tenure/containers.h>

enum { SHARDS = 3, LONG = 200000 };

struct fixture {
    struct config config;
    struct shard shards[SHARDS];
    tn_object *lists[SHARDS];
    struct domain domain;
    struct jobs *jobs;
    FILE *records;
    struct heapdump dump;
    unsigned asked, most; // how often the dump may go on; how often it was asked
    void (*meanwhile)(struct fixture *f);
    struct job job;
    bool has_job;
    unsigned asked_at_end; // of the job
    sem_t job_done;
};

static bool
may_go_on(void *arg)
{
    struct fixture *f = arg;
    if (f->asked == 1 && f->meanwhile)
        f->meanwhile(f);
    return f->asked++ < f->most;
}

static void
fill(struct fixture *f, unsigned i)
{
    struct shard *s = &f->shards[i];
    assert_true(shard_init(s, i));
    shard_take(s);
    f->lists[i] = tn_list_new(s->heap);
    for (size_t k = 0; k < LONG; k++)
        assert_int_equal(tn_list_append(f->lists[i], tn_ref(f->lists[i])), TN_OK);
    shard_give(s);
}

static int
set_up(void **state)
{
    static const struct outlook outlook;
    struct fixture *f = calloc(1, sizeof *f);
    for (unsigned i = 0; i < SHARDS; i++)
        fill(f, i);
    f->config.gc_share = 0.25;
    f->config.gc_default_budget_ms = 1;
    f->domain = (struct domain){.config = &f->config, .shards = f->shards, .shard_count = SHARDS};
    f->jobs = jobs_start(&f->domain, &outlook);
    assert_non_null(f->jobs);
    f->records = tmpfile();
    f->most = UINT32_MAX;
    f->dump = (struct heapdump){
        .domain = &f->domain, .records = f->records, .may_go_on = may_go_on, .arg = f};
    sem_init(&f->job_done, 0, 0);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    jobs_stop(f->jobs);
    for (unsigned i = 0; i < SHARDS; i++) {
        shard_take(&f->shards[i]);
        tn_list_clear(f->lists[i]);
        tn_decref(f->lists[i]);
        shard_give(&f->shards[i]);
        shard_fini(&f->shards[i]);
    }
    fclose(f->records);
    free(f);
    return 0;
}

static void
take(struct fixture *f)
{
    const char *running;
    assert_int_equal(heapdump_take(&f->dump, f->jobs, &running), JOBS_ACCEPTED);
}

// No dump is left in any heap: another one may begin.
static void
expect_nobody_dumps(struct fixture *f)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        tn_dump *dump;
        shard_take(&f->shards[i]);
        assert_int_equal(tn_dump_begin(f->shards[i].heap, NULL, &dump), TN_OK);
        tn_dump_end(dump);
        shard_give(&f->shards[i]);
    }
}

static void
all_shards_are_written_in_slices(void **state)
{
    struct fixture *f = *state;
    tn_dump_counts counts;
    take(f);
    assert_true(f->dump.complete);
    assert_int_equal(f->dump.error, TN_OK);
    assert_true(f->dump.question.slices > SHARDS);
    assert_int_equal(tn_dump_count(f->records, &counts), TN_OK);
    assert_true(counts.objects >= SHARDS);
    assert_true(counts.edges >= SHARDS * LONG);
    assert_int_equal(counts.dropped, 0);
    assert_true(histogram_quantile_ns(&f->shards[1].counters.dump_holds, 1) > 0);
    expect_nobody_dumps(f);
}

static void
who_is_told_to_stop_leaves_no_dump_behind(void **state)
{
    struct fixture *f = *state;
    f->most = 2;
    take(f);
    assert_false(f->dump.complete);
    assert_int_equal(f->dump.error, TN_OK);
    assert_int_equal(f->asked, 3);
    expect_nobody_dumps(f);
}

static void
on_done(struct job *job)
{
    struct fixture *f = CONTAINER_OF(job, struct fixture, job);
    f->asked_at_end = f->asked;
    sem_post(&f->job_done);
}

static void
submit(struct fixture *f)
{
    struct pass_title same;
    f->job = (struct job){.pass.title = {PASS_COLLECT, PASS_MANUAL, 2, NULL}, .done = on_done};
    assert_int_equal(jobs_submit(f->jobs, &f->job, &same), JOBS_ACCEPTED);
}

static void
a_collection_that_falls_due_goes_first(void **state)
{
    struct fixture *f = *state;
    f->meanwhile = submit;
    take(f);
    sem_wait(&f->job_done);
    assert_true(f->dump.complete);
    assert_int_equal(f->asked_at_end, 2); // before the dump's next slice
    assert_true(f->asked > 4);
}

static void
cancel(struct fixture *f)
{
    jobs_cancel(f->jobs);
}

static void
a_dump_ends_when_the_service_stops(void **state)
{
    struct fixture *f = *state;
    const char *running;
    f->meanwhile = cancel;
    take(f);
    assert_false(f->dump.complete);
    assert_true(jobs_is_cancelled(f->jobs));
    expect_nobody_dumps(f);
    assert_int_equal(heapdump_take(&f->dump, f->jobs, &running), JOBS_CANCELLED); // nor later ones
}

static void
a_file_that_takes_no_more_ends_the_dump(void **state)
{
    struct fixture *f = *state;
    FILE *full = fopen("/dev/full", "w");
    f->dump.records = full;
    take(f);
    assert_false(f->dump.complete);
    assert_int_equal(f->dump.error, TN_EFILE);
    expect_nobody_dumps(f);
    fclose(full);
}

#define DUMP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DUMP_TEST(all_shards_are_written_in_slices),
        DUMP_TEST(who_is_told_to_stop_leaves_no_dump_behind),
        DUMP_TEST(a_collection_that_falls_due_goes_first),
        DUMP_TEST(a_dump_ends_when_the_service_stops),
        DUMP_TEST(a_file_that_takes_no_more_ends_the_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
