// SPDX-License-Identifier: MIT
//
// Writers and loaders side by side, over a store that waits when it is told to.
#include "store/lanes.h"
#include "support.h"

#include "base/clock.h"

#include <pthread.h>

enum { SHARDS = 3, LANES = 2, CHANGES = 500 };

struct fixture {
    struct store store; // first: the store is the fixture
    struct config config;
    struct lanes *lanes;
    // Guarded by [mutex].
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int inside, most; // batches in the store; so many at a time at most
    int awaited;      // a batch stays inside until so many are; 0: none waits
    bool closed;      // a batch stays inside
    // A shard's is written by its writer; read after a flush.
    int64_t answered[SHARDS][CHANGES];
    size_t count[SHARDS];
};

struct note {
    struct change change; // [change.expected]: its number
    struct fixture *fixture;
    unsigned shard;
};

// --- The store --------------------------------------------------------------------------------

static bool
must_wait(const struct fixture *f)
{
    return f->closed || (f->awaited > 0 && f->most < f->awaited);
}

static bool
fake_apply(struct store *s, const struct change *first)
{
    struct fixture *f = (struct fixture *)s;
    pthread_mutex_lock(&f->mutex);
    f->inside++;
    f->most = f->inside > f->most ? f->inside : f->most;
    pthread_cond_broadcast(&f->changed);
    while (must_wait(f))
        pthread_cond_wait(&f->changed, &f->mutex);
    f->inside--;
    pthread_mutex_unlock(&f->mutex);
    return true;
}

static bool
fake_healthy(struct store *s)
{
    return true;
}

static bool
fake_load_user(struct store *s, struct span id,
               void (*found)(void *arg, const struct user_row *user), void *arg)
{
    return true;
}

static const struct store_ops fake = {
    .name = "fake", .apply = fake_apply, .healthy = fake_healthy, .load_user = fake_load_user};

static void
set_closed(struct fixture *f, bool closed)
{
    pthread_mutex_lock(&f->mutex);
    f->closed = closed;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static void
wait_until_inside(struct fixture *f, int count)
{
    pthread_mutex_lock(&f->mutex);
    while (f->inside < count)
        pthread_cond_wait(&f->changed, &f->mutex);
    pthread_mutex_unlock(&f->mutex);
}

// --- The changes ------------------------------------------------------------------------------

static void
note_done(struct change *c, bool ok)
{
    struct note *n = (struct note *)c;
    struct fixture *f = n->fixture;
    assert_true(ok);
    f->answered[n->shard][f->count[n->shard]++] = c->expected;
    free(n);
}

static bool
submit(struct fixture *f, unsigned shard, int64_t number)
{
    struct note *n = calloc(1, sizeof *n);
    *n = (struct note){{.expected = number, .done = note_done}, f, shard};
    bool fits = writer_submit(lanes_writer(f->lanes, shard), &n->change);
    if (!fits)
        free(n);
    return fits;
}

static int
start(void **state, bool is_shared)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->store = (struct store){.ops = &fake, .is_shared = is_shared};
    f->config = (struct config){.store_queue = (int64_t)SHARDS * CHANGES * LANES,
                                .store_lookups = 8,
                                .store_lanes = LANES,
                                .http_work_timeout_ms = 60000};
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->lanes = lanes_start(&f->store, &f->config);
    *state = f;
    return f->lanes ? 0 : -1;
}

static int
set_up(void **state)
{
    return start(state, true);
}

static int
set_up_alone(void **state)
{
    return start(state, false);
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    lanes_stop(f->lanes);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    free(f);
    return 0;
}

// With another configuration than every test has.
static void
start_again(struct fixture *f)
{
    lanes_stop(f->lanes);
    f->lanes = lanes_start(&f->store, &f->config);
    assert_non_null(f->lanes);
}

// --- What is claimed --------------------------------------------------------------------------

static void
what_a_shard_asks_stays_in_its_order(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = 0; i < CHANGES; i++)
        for (unsigned shard = 0; shard < SHARDS; shard++)
            assert_true(submit(f, shard, i));
    lanes_flush(f->lanes);
    for (unsigned shard = 0; shard < SHARDS; shard++) {
        assert_int_equal(f->count[shard], CHANGES);
        for (int64_t i = 0; i < CHANGES; i++)
            assert_int_equal(f->answered[shard][i], i);
    }
}

// Neither batch would end before the other one is in the store as well.
static void
two_lanes_write_at_a_time(void **state)
{
    struct fixture *f = *state;
    f->awaited = LANES;
    submit(f, 0, 1);
    submit(f, 1, 1);
    lanes_flush(f->lanes);
    assert_int_equal(f->most, LANES);
}

static void
a_store_that_is_not_shared_has_one_lane(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 1; i < SHARDS; i++) {
        assert_ptr_equal(lanes_writer(f->lanes, i), lanes_writer(f->lanes, 0));
        assert_ptr_equal(lanes_loader(f->lanes, i), lanes_loader(f->lanes, 0));
    }
}

static void
shards_are_dealt_out_to_the_lanes(void **state)
{
    struct fixture *f = *state;
    assert_ptr_not_equal(lanes_writer(f->lanes, 1), lanes_writer(f->lanes, 0));
    assert_ptr_not_equal(lanes_loader(f->lanes, 1), lanes_loader(f->lanes, 0));
    assert_ptr_equal(lanes_writer(f->lanes, LANES), lanes_writer(f->lanes, 0));
    assert_ptr_equal(lanes_loader(f->lanes, LANES), lanes_loader(f->lanes, 0));
}

// What one does not need the other one may have, and what is in the store waits no more.
static void
they_have_the_queue_together(void **state)
{
    struct fixture *f = *state;
    f->config.store_queue = 3;
    start_again(f);
    set_closed(f, true);
    submit(f, 0, 0);
    submit(f, 1, 0);
    wait_until_inside(f, LANES);
    assert_true(submit(f, 0, 1));
    assert_true(submit(f, 0, 2));
    assert_true(submit(f, 1, 1));
    assert_false(submit(f, 1, 2));
    assert_false(submit(f, 0, 3));
    set_closed(f, false);
    lanes_flush(f->lanes);
    assert_true(submit(f, 0, 3));
}

static void
one_that_hangs_is_enough(void **state)
{
    struct fixture *f = *state;
    f->config.http_work_timeout_ms = 20;
    start_again(f);
    assert_false(lanes_hang(f->lanes));
    set_closed(f, true);
    submit(f, 1, 0);
    wait_until_inside(f, 1);
    uint64_t start = clock_monotonic_ns();
    while (!lanes_hang(f->lanes))
        assert_true(clock_monotonic_ns() - start < UINT64_C(5000000000));
    assert_true(writer_hangs(lanes_writer(f->lanes, 1)));
    assert_false(writer_hangs(lanes_writer(f->lanes, 0)));
    set_closed(f, false);
}

static void
take_absence(struct load *l, enum load_outcome outcome, const struct user_row *user)
{
    assert_int_equal(outcome, LOAD_ABSENT);
}

static void
figures_are_sums(void **state)
{
    struct fixture *f = *state;
    struct load loads[LANES] = {{.id = SPAN("ada"), .done = take_absence},
                                {.id = SPAN("bob"), .done = take_absence}};
    set_closed(f, true);
    for (unsigned shard = 0; shard < LANES; shard++)
        submit(f, shard, 0);
    wait_until_inside(f, LANES);
    for (unsigned shard = 0; shard < LANES; shard++) {
        submit(f, shard, 1);
        assert_true(loader_submit(lanes_loader(f->lanes, shard), &loads[shard]));
    }
    assert_int_equal(lanes_writer_stats(f->lanes).waiting, LANES);
    set_closed(f, false);
    lanes_flush(f->lanes);
    struct writer_stats w = lanes_writer_stats(f->lanes);
    assert_int_equal(w.changes, 2 * LANES);
    assert_int_equal(w.batches, 2 * LANES);
    assert_int_equal(histogram_count(&w.time), 2 * LANES);
    struct loader_stats l;
    do
        l = lanes_loader_stats(f->lanes);
    while (histogram_count(&l.time) < LANES);
    assert_int_equal(l.waiting, 0);
    assert_int_equal(l.failed, 0);
}

#define LANES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LANES_TEST(what_a_shard_asks_stays_in_its_order),
        LANES_TEST(two_lanes_write_at_a_time),
        cmocka_unit_test_setup_teardown(a_store_that_is_not_shared_has_one_lane, set_up_alone,
                                        tear_down),
        LANES_TEST(shards_are_dealt_out_to_the_lanes),
        LANES_TEST(they_have_the_queue_together),
        LANES_TEST(one_that_hangs_is_enough),
        LANES_TEST(figures_are_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
