// SPDX-License-Identifier: MIT
//
// The writer over a store that does as it is told: it stops in the middle of a batch, or fails.
#include "store/writer.h"
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MAX_CHANGES = 2000 }; // and at most as many batches

struct fixture {
    struct store store; // first: the store is the fixture
    struct places places;
    struct writer *writer;
    atomic_bool healthy;
    atomic_int probes;
    // Guarded by [mutex].
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool closed; // apply waits while it is
    bool inside; // apply is waiting
    bool failing;
    size_t batches, size[MAX_CHANGES];
    // Written on the writer's thread; read after a flush.
    struct note *order[MAX_CHANGES];
    size_t answered;
};

// A change that knows how it was answered.
struct note {
    struct change change;
    struct fixture *fixture;
    int64_t number;
    bool ok;
};

// --- The store --------------------------------------------------------------------------------

static bool
fake_apply(struct store *s, const struct change *first)
{
    struct fixture *f = (struct fixture *)s;
    if (!first) {
        f->probes++;
        f->healthy = true;
        return true;
    }
    pthread_mutex_lock(&f->mutex);
    f->inside = true;
    pthread_cond_broadcast(&f->changed);
    while (f->closed)
        pthread_cond_wait(&f->changed, &f->mutex);
    f->inside = false;
    for (const struct change *c = first; c; c = c->next)
        f->size[f->batches]++;
    f->batches++;
    bool ok = !f->failing;
    pthread_mutex_unlock(&f->mutex);
    f->healthy = ok;
    return ok;
}

static bool
fake_healthy(struct store *s)
{
    return ((struct fixture *)s)->healthy;
}

static const struct store_ops fake = {.name = "fake", .apply = fake_apply, .healthy = fake_healthy};

static void
set_closed(struct fixture *f, bool closed)
{
    pthread_mutex_lock(&f->mutex);
    f->closed = closed;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static void
set_failing(struct fixture *f, bool failing)
{
    pthread_mutex_lock(&f->mutex);
    f->failing = failing;
    pthread_mutex_unlock(&f->mutex);
}

static void
wait_until_inside(struct fixture *f)
{
    pthread_mutex_lock(&f->mutex);
    while (!f->inside)
        pthread_cond_wait(&f->changed, &f->mutex);
    pthread_mutex_unlock(&f->mutex);
}

// --- The changes ------------------------------------------------------------------------------

static void
note_done(struct change *c, bool ok)
{
    struct note *n = (struct note *)c;
    struct fixture *f = n->fixture;
    n->ok = ok;
    f->order[f->answered++] = n;
}

static struct note * /* new; freed with the fixture once it is answered */
note_new(struct fixture *f, int64_t number)
{
    struct note *n = calloc(1, sizeof(*n));
    n->change.done = note_done;
    n->fixture = f;
    n->number = number;
    return n;
}

static void
submit(struct fixture *f, int64_t first, int64_t last)
{
    for (int64_t i = first; i <= last; i++)
        assert_true(writer_submit(f->writer, &note_new(f, i)->change));
}

// The changes from [first] to [last] were answered in this order, all with [ok].
static void
assert_answers(struct fixture *f, int64_t first, int64_t last, bool ok)
{
    for (int64_t i = first; i <= last; i++) {
        assert_int_equal(f->order[i]->number, i);
        assert_int_equal(f->order[i]->ok, ok);
    }
}

// The writer is inside a batch of one change, number 0, and stays there.
static void
occupy(struct fixture *f)
{
    set_closed(f, true);
    submit(f, 0, 0);
    wait_until_inside(f);
}

static int
start(void **state, size_t limit)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->store.ops = &fake;
    f->healthy = true;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->places.limit = limit;
    f->writer = writer_start(&f->store, &f->places);
    *state = f;
    return f->writer ? 0 : -1;
}

static int
setup(void **state)
{
    return start(state, MAX_CHANGES);
}

static int
setup_with_room_for_three(void **state)
{
    return start(state, 3);
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    if (f->writer)
        writer_stop(f->writer);
    for (size_t i = 0; i < f->answered; i++)
        free(f->order[i]);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    free(f);
    return 0;
}

// --- Tests ------------------------------------------------------------------------------------

static void
a_change_is_answered_after_its_batch(void **state)
{
    struct fixture *f = *state;
    submit(f, 0, 0);
    writer_flush(f->writer);
    assert_int_equal(f->batches, 1);
    assert_answers(f, 0, 0, true);
}

static void
a_flush_of_nothing_returns(void **state)
{
    struct fixture *f = *state;
    writer_flush(f->writer);
    assert_int_equal(f->batches, 0);
}

static void
changes_are_answered_in_the_order_of_submission(void **state)
{
    struct fixture *f = *state;
    submit(f, 0, 999);
    writer_flush(f->writer);
    assert_int_equal(f->answered, 1000);
    assert_answers(f, 0, 999, true);
}

static void
what_comes_while_a_batch_is_written_forms_the_next_one(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 100);
    set_closed(f, false);
    writer_flush(f->writer);
    assert_int_equal(f->batches, 2);
    assert_int_equal(f->size[0], 1);
    assert_int_equal(f->size[1], 100);
}

// A shard's touches, and then those of another one: each is a batch.
static void
a_batch_holds_256_rows_at_most_or_one_change_of_more(void **state)
{
    static const size_t rows[] = {1, 200, 56, 1, 256, 300, 0, 2};
    struct fixture *f = *state;
    occupy(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct note *n = note_new(f, (int64_t)i + 1);
        n->change.count = rows[i];
        assert_true(writer_submit(f->writer, &n->change));
    }
    set_closed(f, false);
    writer_flush(f->writer);
    assert_int_equal(f->batches, 6);
    assert_int_equal(f->size[1], 2); // 1 and 200
    assert_int_equal(f->size[2], 2); // 56 and 1
    assert_int_equal(f->size[3], 1);
    assert_int_equal(f->size[4], 1);
    assert_int_equal(f->size[5], 2);
    assert_answers(f, 0, 8, true);
}

static void
a_batch_holds_256_changes_at_most(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 513);
    set_closed(f, false);
    writer_flush(f->writer);
    assert_int_equal(f->batches, 4);
    assert_int_equal(f->size[1], 256);
    assert_int_equal(f->size[2], 256);
    assert_int_equal(f->size[3], 1);
    assert_answers(f, 0, 513, true);
}

static void
a_batch_that_fails_fails_all_its_changes_and_no_other(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 10);
    set_closed(f, false);
    writer_flush(f->writer);
    set_failing(f, true);
    set_closed(f, true);
    submit(f, 11, 11);
    wait_until_inside(f);
    submit(f, 12, 20);
    set_closed(f, false);
    writer_flush(f->writer);
    set_failing(f, false);
    submit(f, 21, 21);
    writer_flush(f->writer);
    assert_answers(f, 0, 10, true);
    assert_answers(f, 11, 20, false);
    assert_answers(f, 21, 21, true);
    assert_int_equal(writer_get_stats(f->writer).failed, 10);
}

static void
a_full_queue_refuses_and_takes_again_when_it_has_room(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 3);
    struct note *fourth = note_new(f, 4);
    assert_false(writer_submit(f->writer, &fourth->change));
    assert_int_equal(writer_get_stats(f->writer).waiting, 3);
    set_closed(f, false);
    writer_flush(f->writer);
    assert_true(writer_submit(f->writer, &fourth->change));
    writer_flush(f->writer);
    assert_answers(f, 0, 4, true);
}

static void
a_change_that_nobody_waits_for_is_taken_by_a_full_queue(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 3);
    writer_submit_always(f->writer, &note_new(f, 4)->change);
    assert_int_equal(writer_get_stats(f->writer).waiting, 4);
    set_closed(f, false);
    writer_flush(f->writer);
    assert_answers(f, 0, 4, true);
}

static void
the_figures_add_up(void **state)
{
    struct fixture *f = *state;
    occupy(f);
    submit(f, 1, 9);
    set_closed(f, false);
    writer_flush(f->writer);
    struct writer_stats stats = writer_get_stats(f->writer);
    assert_int_equal(stats.batches, 2);
    assert_int_equal(stats.changes, 10);
    assert_int_equal(stats.failed, 0);
    assert_int_equal(stats.waiting, 0);
}

static void
stopping_answers_what_waits(void **state)
{
    struct fixture *f = *state;
    submit(f, 0, 599);
    writer_stop(f->writer);
    f->writer = NULL;
    assert_int_equal(f->answered, 600);
    assert_answers(f, 0, 599, true);
}

// As a write does that was queued behind another write of the same object.
static void
submit_another(struct change *c, bool ok)
{
    struct note *n = (struct note *)c;
    struct fixture *f = n->fixture;
    note_done(c, ok);
    if (n->number < 5) {
        struct note *next = note_new(f, n->number + 1);
        next->change.done = submit_another;
        assert_true(writer_submit(f->writer, &next->change));
    }
}

static void
an_answer_may_submit_the_next_change_even_while_stopping(void **state)
{
    struct fixture *f = *state;
    struct note *n = note_new(f, 0);
    n->change.done = submit_another;
    assert_true(writer_submit(f->writer, &n->change));
    writer_stop(f->writer);
    f->writer = NULL;
    assert_int_equal(f->answered, 6);
    assert_answers(f, 0, 5, true);
}

static void
a_store_that_failed_is_probed_until_it_is_well(void **state)
{
    struct fixture *f = *state;
    set_failing(f, true);
    submit(f, 0, 0);
    writer_flush(f->writer);
    for (int i = 0; i < 100 && !f->healthy; i++)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    assert_true(f->healthy);
    assert_int_equal(f->probes, 1);
    assert_int_equal(writer_get_stats(f->writer).batches, 1);
}

// --- The bell ---------------------------------------------------------------------------------

static void
count_ring(void *arg)
{
    ++*(atomic_int *)arg;
}

static void
wait_for_rings(atomic_int *rings, int wanted)
{
    for (int i = 0; i < 1000 && *rings < wanted; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    assert_true(*rings >= wanted);
}

static void
an_idle_writer_rings_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    atomic_int rings = 0;
    writer_ring_every(f->writer, 10, count_ring, &rings);
    wait_for_rings(&rings, 5);
    writer_stop(f->writer);
    f->writer = NULL;
    assert_int_equal(f->batches, 0);
    assert_int_equal(f->probes, 0);
}

static void
a_writer_with_a_long_queue_rings_between_its_batches(void **state)
{
    struct fixture *f = *state;
    atomic_int rings = 0;
    set_closed(f, true);
    submit(f, 0, 999);
    wait_until_inside(f);
    writer_ring_every(f->writer, 1, count_ring, &rings);
    nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    assert_int_equal(rings, 0); // the batch under way
    set_closed(f, false);
    writer_flush(f->writer);
    assert_true(rings >= 1);
}

static void
a_bell_keeps_no_store_that_failed_from_its_probe(void **state)
{
    struct fixture *f = *state;
    atomic_int rings = 0;
    set_failing(f, true);
    submit(f, 0, 0);
    writer_flush(f->writer);
    writer_ring_every(f->writer, 10, count_ring, &rings);
    for (int i = 0; i < 100 && !f->healthy; i++)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    assert_true(f->healthy);
    assert_int_equal(f->probes, 1);
    assert_true(rings >= 5);
}

static void *
submit_quarter(void *arg)
{
    struct fixture *f = arg;
    submit(f, 0, 249);
    return NULL;
}

static void
four_threads_lose_no_change(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    int64_t sum = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_quarter, f), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    writer_flush(f->writer);
    assert_int_equal(f->answered, 1000);
    for (size_t i = 0; i < f->answered; i++)
        sum += f->order[i]->number;
    assert_int_equal(sum, 4 * 249 * 250 / 2);
}

static void
a_store_that_hangs_gets_no_more_until_it_goes_on(void **state)
{
    struct fixture *f = *state;
    writer_set_patience(f->writer, 50);
    occupy(f);
    submit(f, 1, 1);
    assert_false(writer_hangs(f->writer));
    usleep(100000);
    assert_true(writer_hangs(f->writer));
    struct note *n = note_new(f, 2);
    assert_false(writer_submit(f->writer, &n->change));
    writer_submit_always(f->writer, &n->change);
    set_closed(f, false);
    writer_flush(f->writer);
    assert_false(writer_hangs(f->writer));
    submit(f, 3, 3);
    writer_flush(f->writer);
    assert_answers(f, 0, 3, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define WRITER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WRITER_OF_THREE(name)                                                                      \
    cmocka_unit_test_setup_teardown(name, setup_with_room_for_three, teardown)
        WRITER_TEST(a_change_is_answered_after_its_batch),
        WRITER_TEST(a_flush_of_nothing_returns),
        WRITER_TEST(changes_are_answered_in_the_order_of_submission),
        WRITER_TEST(what_comes_while_a_batch_is_written_forms_the_next_one),
        WRITER_TEST(a_batch_holds_256_changes_at_most),
        WRITER_TEST(a_batch_holds_256_rows_at_most_or_one_change_of_more),
        WRITER_TEST(a_batch_that_fails_fails_all_its_changes_and_no_other),
        WRITER_OF_THREE(a_full_queue_refuses_and_takes_again_when_it_has_room),
        WRITER_OF_THREE(a_change_that_nobody_waits_for_is_taken_by_a_full_queue),
        WRITER_TEST(the_figures_add_up),
        WRITER_TEST(stopping_answers_what_waits),
        WRITER_TEST(an_answer_may_submit_the_next_change_even_while_stopping),
        WRITER_TEST(a_store_that_failed_is_probed_until_it_is_well),
        WRITER_TEST(an_idle_writer_rings_and_writes_nothing),
        WRITER_TEST(a_writer_with_a_long_queue_rings_between_its_batches),
        WRITER_TEST(a_bell_keeps_no_store_that_failed_from_its_probe),
        WRITER_TEST(four_threads_lose_no_change),
        cmocka_unit_test_setup_teardown(a_store_that_hangs_gets_no_more_until_it_goes_on, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
