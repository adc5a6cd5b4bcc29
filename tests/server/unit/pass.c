// SPDX-License-Identifier: MIT
//
// One pass over three shards, without the thread that runs it in the service.
#include "domain/pass.h"
#include "base/clock.h"
#include "support.h"

#include <time.h>

enum { SHARDS = 3 };

struct fixture {
    struct shard shards[SHARDS];
    struct domain domain;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (unsigned i = 0; i < SHARDS; i++)
        assert_true(shard_init(&f->shards[i], i));
    f->domain.shards = f->shards;
    f->domain.shard_count = SHARDS;
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        shard_fini(&f->shards[i]);
    free(f);
    return 0;
}

static tn_object * /* new */
add_list(struct shard *s)
{
    shard_take(s);
    tn_object *list = tn_list_new(s->heap);
    assert_non_null(list);
    shard_give(s);
    return list;
}

static void
drop_lists(struct fixture *f, tn_object **kept)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        shard_take(&f->shards[i]);
        tn_decref(kept[i]);
        shard_give(&f->shards[i]);
    }
}

// A list that holds itself.
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

static struct pass
run(struct fixture *f, enum pass_kind kind, int generation, bool cancelled)
{
    const _Atomic bool cancel = cancelled;
    struct pass p = {.title = {kind, PASS_MANUAL, generation, NULL}};
    pass_run(&f->domain, &p, &cancel);
    return p;
}

static void
every_shard_is_collected_and_the_sums_are_theirs(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        for (unsigned n = 0; n <= i; n++)
            add_garbage(&f->shards[i]);
    struct pass p = run(f, PASS_COLLECT, 2, false);
    assert_int_equal(p.found.collected, 1 + 2 + 3);
    assert_int_equal(p.slices, SHARDS);
    assert_true(p.complete);
    assert_int_equal(p.before.objects, 6);
    assert_int_equal(p.after.objects, 0);
    assert_int_equal(p.before.bytes - p.after.bytes, p.found.bytes_freed);
}

static void
a_cancelled_pass_touches_nothing_and_is_incomplete(void **state)
{
    struct fixture *f = *state;
    add_garbage(&f->shards[0]);
    struct pass p = run(f, PASS_COLLECT, 2, true);
    assert_int_equal(p.slices, 0);
    assert_false(p.complete);
    assert_int_equal(p.after.objects, 1);
}

static void
without_a_cancellation_it_goes_to_the_end(void **state)
{
    struct fixture *f = *state;
    struct pass p = {.title = {PASS_COLLECT, PASS_STARTUP, 0, NULL}};
    pass_run(&f->domain, &p, NULL);
    assert_true(p.complete);
}

static void
freezing_moves_what_is_left_aside_and_unfreezing_back(void **state)
{
    struct fixture *f = *state;
    add_garbage(&f->shards[1]);
    assert_int_equal(run(f, PASS_FREEZE, -1, false).after.frozen, 1);
    struct pass p = run(f, PASS_COLLECT, 2, false);
    assert_int_equal(p.found.collected, 0);
    assert_int_equal(p.after.objects, 1); // the frozen one counts
    assert_int_equal(run(f, PASS_UNFREEZE, -1, false).after.frozen, 0);
    assert_int_equal(run(f, PASS_FREEZE, 2, false).found.collected, 1);
}

// --- In slices -------------------------------------------------------------------------------

static const struct pass_pace FINE = {.budget_ns = 1, .share = 0.25};

static struct pass
run_paced(struct fixture *f, enum pass_kind kind, const struct pass_pace *pace,
          const _Atomic bool *cancel)
{
    struct pass p = {.title = {kind, PASS_MANUAL, 2, NULL}, .pace = *pace};
    pass_run(&f->domain, &p, cancel);
    return p;
}

static struct pass
run_in_slices(struct fixture *f, const struct pass_pace *pace)
{
    return run_paced(f, PASS_COLLECT, pace, NULL);
}

static void
slices_find_what_one_go_would_and_count_once_a_shard(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        for (unsigned n = 0; n < 100; n++)
            add_garbage(&f->shards[i]);
    struct pass p = run_in_slices(f, &FINE);
    assert_true(p.complete);
    assert_int_equal(p.found.collected, SHARDS * 100);
    assert_true(p.slices > SHARDS);
    uint64_t holds = 0;
    for (unsigned i = 0; i < SHARDS; i++) {
        const struct counters *c = &f->shards[i].counters;
        assert_int_equal(c->collections[2][PASS_MANUAL], 1);
        holds += histogram_count(&c->pauses[2]);
    }
    assert_int_equal(holds, p.slices);
}

static void
behind_the_limit_no_slice_begins_and_the_result_says_so(void **state)
{
    struct fixture *f = *state;
    add_garbage(&f->shards[0]);
    const struct pass_pace late = {.budget_ns = 1, .share = 0.25, .limit_ns = 1};
    struct pass p = run_in_slices(f, &late);
    assert_false(p.complete);
    assert_string_equal(p.stopped, "deadline");
    assert_int_equal(p.slices, 0);
    assert_int_equal(run_in_slices(f, &FINE).found.collected, 1);
}

static void
what_is_collected_before_freezing_is_collected_in_slices_too(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < SHARDS; i++)
        for (unsigned n = 0; n < 100; n++)
            add_garbage(&f->shards[i]);
    struct pass p = run_paced(f, PASS_FREEZE, &FINE, NULL);
    assert_true(p.complete && p.slices > SHARDS);
    assert_int_equal(p.found.collected, SHARDS * 100);
    assert_int_equal(p.after.objects, 0);
}

// Some of it dies while it is frozen.
static void
refreezing_in_slices_finds_what_died_and_freezes_the_rest(void **state)
{
    struct fixture *f = *state;
    tn_object *kept[SHARDS];
    for (unsigned i = 0; i < SHARDS; i++) {
        kept[i] = add_list(&f->shards[i]);
        for (unsigned n = 0; n < 100; n++)
            add_garbage(&f->shards[i]);
    }
    assert_int_equal(run(f, PASS_FREEZE, -1, false).after.frozen, SHARDS * 101);
    struct pass p = run_paced(f, PASS_REFREEZE, &FINE, NULL);
    assert_true(p.complete && p.slices > SHARDS);
    assert_int_equal(p.found.collected, SHARDS * 100);
    assert_int_equal(p.after.frozen, SHARDS);
    assert_int_equal(p.after.objects, SHARDS);
    drop_lists(f, kept);
}

// --- Each hold ---------------------------------------------------------------------------------

enum { LISTS = 200000, GENEROUS = 10 };

// Of the processor, so that other programs do not count.
static _Thread_local uint64_t taken_ns, longest_ns, held_ns;

// Set by whoever gives a lock for the last time of so many.
static _Atomic bool cancelled;
static unsigned gives_left;

void __real_shard_take(struct shard *s);
void __wrap_shard_take(struct shard *s);
void __real_shard_give(struct shard *s);
void __wrap_shard_give(struct shard *s);

static uint64_t
worked_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void
__wrap_shard_take(struct shard *s)
{
    __real_shard_take(s);
    taken_ns = worked_ns();
}

void
__wrap_shard_give(struct shard *s)
{
    uint64_t held = worked_ns() - taken_ns;
    held_ns += held;
    longest_ns = held > longest_ns ? held : longest_ns;
    __real_shard_give(s);
    cancelled |= gives_left > 0 && --gives_left == 0;
}

// The lock is given once a shard for the sizes, and then in the middle of the second shard's run.
static void
a_refreeze_that_is_stopped_leaves_the_rest_unfrozen_and_the_next_one_does_all(void **state)
{
    struct fixture *f = *state;
    tn_object *kept[SHARDS];
    for (unsigned i = 0; i < SHARDS; i++)
        kept[i] = add_list(&f->shards[i]);
    run(f, PASS_FREEZE, -1, false);
    for (unsigned i = 0; i < 100; i++)
        add_garbage(&f->shards[1]);
    unsigned first = run_paced(f, PASS_REFREEZE, &FINE, NULL).slices;
    for (unsigned i = 0; i < 100; i++)
        add_garbage(&f->shards[1]);
    cancelled = false;
    gives_left = SHARDS + first / 2;
    struct pass p = run_paced(f, PASS_REFREEZE, &FINE, &cancelled);
    assert_string_equal(p.stopped, "cancelled");
    assert_false(p.complete);
    assert_int_equal(p.after.frozen, SHARDS - 1);
    assert_true(p.found.collected < 100);
    p = run_paced(f, PASS_REFREEZE, &FINE, NULL);
    assert_true(p.complete);
    assert_int_equal(p.after.frozen, SHARDS);
    assert_int_equal(p.after.objects, SHARDS);
    drop_lists(f, kept);
}

// Everything that is in the shards becomes suspect.
static void
suspect_everything(struct fixture *f)
{
    run(f, PASS_FREEZE, -1, false);
    run(f, PASS_UNFREEZE, -1, false);
}

static tn_object * /* new */
add_lists(struct shard *s)
{
    shard_take(s);
    tn_object *all = tn_list_new(s->heap);
    for (int i = 0; i < LISTS; i++) {
        tn_object *list = tn_list_new(s->heap);
        assert_int_equal(tn_list_append(list, tn_ref(all)), TN_OK);
        assert_int_equal(tn_list_append_steal(all, tn_ref(list)), TN_OK);
    }
    shard_give(s);
    return all;
}

static void
fill(struct fixture *f, tn_object **kept)
{
    for (unsigned i = 0; i < SHARDS; i++)
        kept[i] = add_lists(&f->shards[i]);
}

static void
skip_where_time_says_nothing(void)
{
    if (support_scaled(1000) == 1000)
        return;
    print_message("under a tool that slows everything down a wait says nothing\n");
    skip();
}

static void
a_hold_works_for_about_the_budget_however_much_there_is(void **state)
{
    const struct pass_pace pace = {.budget_ns = 1000000, .share = 0.25};
    struct fixture *f = *state;
    tn_object *kept[SHARDS];
    skip_where_time_says_nothing();
    fill(f, kept);
    suspect_everything(f);
    held_ns = longest_ns = 0;
    struct pass p = run_in_slices(f, &pace);
    assert_true(p.complete);
    print_message("%u slices of 1 ms, the longest worked for %.3f ms, all for %.3f ms\n", p.slices,
                  longest_ns / 1e6, held_ns / 1e6);
    if (held_ns > SHARDS * GENEROUS * pace.budget_ns)
        assert_true(longest_ns < GENEROUS * pace.budget_ns);
    drop_lists(f, kept);
}

// --- Beside others ---------------------------------------------------------------------------

enum { CLIENTS = 64, ROUNDS = 12, ROUND_MS = 500, THINK_US = 2000, BUDGET_MS = 2 };

// Reads the shards in turn and notes how long it waits for their locks.
struct reader {
    pthread_t thread;
    struct fixture *fixture;
    uint64_t end_ns, reads;
    uint64_t waits[2 * ROUND_MS * 1000 / THINK_US];
};

static void *
read_shards(void *arg)
{
    struct reader *r = arg;
    const struct timespec think = {.tv_nsec = THINK_US * 1000};
    uint64_t before;
    while ((before = clock_monotonic_ns()) < r->end_ns) {
        struct shard *s = &r->fixture->shards[r->reads % SHARDS];
        shard_take(s);
        r->waits[r->reads++] = clock_monotonic_ns() - before;
        shard_give(s);
        nanosleep(&think, NULL);
    }
    return NULL;
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct round {
    uint64_t reads, p99_ns, pause_max_ns;
    unsigned passes, slices;
};

static void
sum_up(struct reader *readers, struct round *round)
{
    uint64_t *all = calloc(CLIENTS, sizeof readers->waits);
    assert_non_null(all);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(readers[i].thread, NULL);
        memcpy(all + round->reads, readers[i].waits, readers[i].reads * sizeof *all);
        round->reads += readers[i].reads;
    }
    qsort(all, round->reads, sizeof *all, compare);
    round->p99_ns = all[round->reads * 99 / 100];
    free(all);
}

static void
collect_until(struct fixture *f, uint64_t end_ns, struct round *round)
{
    const struct pass_pace pace = {.budget_ns = BUDGET_MS * UINT64_C(1000000), .share = 0.25};
    while (clock_monotonic_ns() < end_ns) {
        suspect_everything(f);
        struct pass p = run_in_slices(f, &pace);
        assert_true(p.complete);
        round->passes++;
        round->slices += p.slices;
        if (p.pause_max_ns > round->pause_max_ns)
            round->pause_max_ns = p.pause_max_ns;
    }
}

static struct round
read_for_a_round(struct fixture *f, bool collecting)
{
    struct round round = {0};
    struct reader *readers = calloc(CLIENTS, sizeof *readers);
    assert_non_null(readers);
    uint64_t end = clock_monotonic_ns() + ROUND_MS * UINT64_C(1000000);
    for (int i = 0; i < CLIENTS; i++) {
        readers[i].fixture = f;
        readers[i].end_ns = end;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_shards, &readers[i]), 0);
    }
    if (collecting)
        collect_until(f, end, &round);
    sum_up(readers, &round);
    free(readers);
    print_message("%s: %lu reads, wait for a lock %.3f ms at p99; %u passes, %u slices, longest "
                  "%.3f ms\n",
                  collecting ? "collecting" : "alone", (unsigned long)round.reads,
                  round.p99_ns / 1e6, round.passes, round.slices, round.pause_max_ns / 1e6);
    return round;
}

static void
sixty_four_readers_wait_twice_the_budget_at_most_and_lose_less_than_half(void **state)
{
    struct fixture *f = *state;
    tn_object *kept[SHARDS];
    skip_where_time_says_nothing();
    fill(f, kept);
    struct round alone = read_for_a_round(f, false), best = {.p99_ns = UINT64_MAX};
    const uint64_t bound = 2 * BUDGET_MS * UINT64_C(1000000);
    for (int i = 0; i < ROUNDS && best.p99_ns > bound; i++) { // the machine may have other work
        struct round beside = read_for_a_round(f, true);
        assert_true(beside.slices > beside.passes * SHARDS);
        best = beside.p99_ns < best.p99_ns ? beside : best;
    }
    assert_true(best.p99_ns <= bound);
    assert_true(best.reads >= alone.reads / 2);
    drop_lists(f, kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shard_is_collected_and_the_sums_are_theirs),
        TEST(a_cancelled_pass_touches_nothing_and_is_incomplete),
        TEST(without_a_cancellation_it_goes_to_the_end),
        TEST(freezing_moves_what_is_left_aside_and_unfreezing_back),
        TEST(slices_find_what_one_go_would_and_count_once_a_shard),
        TEST(behind_the_limit_no_slice_begins_and_the_result_says_so),
        TEST(what_is_collected_before_freezing_is_collected_in_slices_too),
        TEST(refreezing_in_slices_finds_what_died_and_freezes_the_rest),
        TEST(a_refreeze_that_is_stopped_leaves_the_rest_unfrozen_and_the_next_one_does_all),
        TEST(a_hold_works_for_about_the_budget_however_much_there_is),
        TEST(sixty_four_readers_wait_twice_the_budget_at_most_and_lose_less_than_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
