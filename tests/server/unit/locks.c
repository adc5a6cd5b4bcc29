// SPDX-License-Identifier: MIT
//
// server/base/locks.c: rising ranks only. A wrong order must stop a checked build, so each wrong
// program runs in a child.
#include "support.h"

#include "base/locks.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lock shard, store, writer;

static bool
aborts(void (*program)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        program();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
take_rising(void)
{
    lock_take(&shard);
    lock_take(&writer);
    lock_take(&store);
    assert_held(&writer);
    lock_give(&shard); // in any order
    lock_give(&store);
    lock_give(&writer);
    lock_take(&shard);
    lock_give(&shard);
}

static void
take_falling(void)
{
    lock_take(&store);
    lock_take(&shard);
}

static void
take_twice(void)
{
    lock_take(&store);
    lock_take(&store);
}

static void
give_what_is_not_held(void)
{
    lock_give(&store);
}

static void
claim_what_is_not_held(void)
{
    assert_held(&store);
}

static void
wait_with_two(void)
{
    pthread_cond_t cond;
    cond_init(&cond);
    lock_take(&shard);
    lock_take(&store);
    lock_wait_ms(&store, &cond, 1);
}

static void
rising_ranks_are_fine_and_may_be_given_in_any_order(void **state)
{
    assert_false(aborts(take_rising));
}

static void
a_wrong_use_stops_a_checked_build(void **state)
{
    if (TN_CHECKS == 0)
        skip();
    assert_true(aborts(take_falling));
    assert_true(aborts(take_twice));
    assert_true(aborts(give_what_is_not_held));
    assert_true(aborts(claim_what_is_not_held));
    assert_true(aborts(wait_with_two));
}

struct meeting {
    struct lock lock;
    pthread_cond_t cond;
    bool come;
};

static void *
come(void *arg)
{
    struct meeting *m = arg;
    lock_take(&m->lock);
    m->come = true;
    pthread_cond_signal(&m->cond);
    lock_give(&m->lock);
    return NULL;
}

static void
whoever_waits_gives_the_lock_meanwhile(void **state)
{
    struct meeting m = {.come = false};
    pthread_t thread;
    lock_init(&m.lock, LOCK_STORE);
    cond_init(&m.cond);
    lock_take(&m.lock);
    assert_false(lock_wait_ms(&m.lock, &m.cond, 5));
    assert_int_equal(pthread_create(&thread, NULL, come, &m), 0);
    while (!m.come)
        lock_wait(&m.lock, &m.cond);
    lock_give(&m.lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&m.cond);
    lock_fini(&m.lock);
}

int
main(void)
{
    lock_init(&shard, LOCK_SHARD);
    lock_init(&store, LOCK_STORE);
    lock_init(&writer, LOCK_WRITER);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rising_ranks_are_fine_and_may_be_given_in_any_order),
        cmocka_unit_test(a_wrong_use_stops_a_checked_build),
        cmocka_unit_test(whoever_waits_gives_the_lock_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
