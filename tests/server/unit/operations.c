// SPDX-License-Identifier: MIT
//
// server/gc/operations.c: what nobody waits for is found by its number, tells how it ended, and can
// be ended. Holding a shard's lock is how the test stops an operation where it wants.
#include "gc/operations.h"
#include "support.h"

#include <semaphore.h>
#include <unistd.h>

static struct config config = {.gc_share = 1};
static struct shard shard;
static struct domain domain = {.config = &config, .shards = &shard, .shard_count = 1};
static struct jobs *jobs;
static struct operations *operations;

static int
set_up(void **state)
{
    static const struct outlook outlook;
    bool is_up = shard_init(&shard, 0) && (jobs = jobs_start(&domain, &outlook)) != NULL;
    operations = is_up ? operations_new(jobs) : NULL;
    return operations == NULL;
}

static int
tear_down(void **state)
{
    jobs_stop(jobs);
    operations_free(operations);
    shard_fini(&shard);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

// Holds the shard until it is told to let go.
static struct {
    pthread_t thread;
    sem_t there, away;
} obstacle;

static void *
obstruct(void *arg)
{
    shard_take(&shard);
    sem_post(&obstacle.there);
    sem_wait(&obstacle.away);
    shard_give(&shard);
    return NULL;
}

static void
hold_shard(void)
{
    sem_init(&obstacle.there, 0, 0);
    sem_init(&obstacle.away, 0, 0);
    assert_int_equal(pthread_create(&obstacle.thread, NULL, obstruct, NULL), 0);
    sem_wait(&obstacle.there);
}

static void
let_go(void)
{
    sem_post(&obstacle.away);
    pthread_join(obstacle.thread, NULL);
}

static uint64_t
start(int generation)
{
    const struct pass_title title = {PASS_COLLECT, PASS_MANUAL, generation, NULL};
    struct pass_title same;
    uint64_t number = 0;
    enum jobs_answer answer = operations_start(operations, &title, 0, &number, &same);
    return answer == JOBS_ACCEPTED ? number : 0;
}

static struct operation
look(uint64_t number)
{
    struct operation o;
    assert_true(operations_read(operations, number, &o));
    assert_int_equal(o.number, number);
    return o;
}

static struct operation
wait_for(uint64_t number, enum operation_state state)
{
    struct operation o;
    while ((o = look(number)).state != state)
        usleep(1000);
    return o;
}

static void
an_operation_waits_runs_and_ends_with_a_result(void **state)
{
    shard_take(&shard);
    tn_object *list = tn_list_new(shard.heap);
    assert_non_null(list);
    assert_int_equal(tn_list_append(list, tn_ref(list)), TN_OK);
    tn_decref(list);
    shard_give(&shard);
    hold_shard();
    uint64_t first = start(2);
    wait_for(first, OPERATION_RUNNING);
    uint64_t second = start(1);
    struct operation waiting = look(second);
    assert_int_equal(waiting.state, OPERATION_WAITING);
    assert_int_equal(waiting.pass.title.generation, 1);
    assert_true(waiting.asked_at > 0 && waiting.ended_at == 0);
    let_go();
    struct operation ended = wait_for(first, OPERATION_ENDED);
    assert_int_equal(ended.pass.found.collected, 1);
    assert_false(ended.cancelled);
    assert_true(ended.ended_at >= ended.asked_at);
    wait_for(second, OPERATION_ENDED);
}

static void
numbers_rise_from_1_and_a_refused_one_takes_none(void **state)
{
    hold_shard();
    assert_int_equal(start(2), 1);
    assert_int_equal(start(2), 0); // the same is under way
    assert_int_equal(start(1), 2);
    let_go();
    wait_for(1, OPERATION_ENDED);
    wait_for(2, OPERATION_ENDED);
    assert_int_equal(start(2), 3);
    wait_for(3, OPERATION_ENDED);
}

static void
one_that_waits_can_be_ended(void **state)
{
    hold_shard();
    uint64_t first = start(2), second = start(1);
    wait_for(first, OPERATION_RUNNING);
    assert_true(operations_cancel(operations, second));
    assert_true(look(second).cancelled);
    let_go();
    assert_true(wait_for(second, OPERATION_ENDED).cancelled);
    assert_false(wait_for(first, OPERATION_ENDED).cancelled);
}

static void
one_that_has_ended_cannot(void **state)
{
    uint64_t number = start(2);
    wait_for(number, OPERATION_ENDED);
    assert_true(operations_cancel(operations, number)); // it is there
    assert_false(look(number).cancelled);
}

static void
the_last_64_are_kept(void **state)
{
    struct operation o;
    for (uint64_t i = 1; i <= OPERATIONS_KEPT + 2; i++) {
        assert_int_equal(start(0), i);
        wait_for(i, OPERATION_ENDED);
    }
    assert_false(operations_read(operations, 1, &o));
    assert_false(operations_cancel(operations, 2));
    assert_true(operations_read(operations, 3, &o));
    assert_false(operations_read(operations, 0, &o));
    assert_false(operations_read(operations, OPERATIONS_KEPT + 3, &o));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_operation_waits_runs_and_ends_with_a_result),
        TEST(numbers_rise_from_1_and_a_refused_one_takes_none),
        TEST(one_that_waits_can_be_ended),
        TEST(one_that_has_ended_cannot),
        TEST(the_last_64_are_kept),
    };
    return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
