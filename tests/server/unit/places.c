// SPDX-License-Identifier: MIT
//
// server/store/places.c: no more than the limit are taken, by however many threads.
#include "store/places.h"

#include "support.h"

#include <pthread.h>

enum { LIMIT = 3, THREADS = 4, ROUNDS = 20000 };

static void
the_last_place_is_the_last(void **state)
{
    struct places p = {.limit = LIMIT};
    for (int i = 0; i < LIMIT; i++)
        assert_true(places_take(&p));
    assert_false(places_take(&p));
    places_give(&p);
    assert_true(places_take(&p));
    assert_false(places_take(&p));
}

static void
who_need_not_ask_takes_one_beyond_the_limit(void **state)
{
    struct places p = {.limit = 1};
    places_take_always(&p);
    places_take_always(&p);
    assert_false(places_take(&p));
    places_give(&p);
    assert_false(places_take(&p));
    places_give(&p);
    assert_true(places_take(&p));
}

static _Atomic size_t inside, most;

static void *
come_and_go(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (!places_take(arg))
            continue;
        size_t now = atomic_fetch_add(&inside, 1) + 1;
        size_t before = atomic_load(&most);
        while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
            continue;
        atomic_fetch_sub(&inside, 1);
        places_give(arg);
    }
    return NULL;
}

static void
several_threads_never_have_more_than_the_limit(void **state)
{
    struct places p = {.limit = LIMIT};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &p), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(most, 1, LIMIT);
    assert_int_equal(p.taken, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_place_is_the_last),
        cmocka_unit_test(who_need_not_ask_takes_one_beyond_the_limit),
        cmocka_unit_test(several_threads_never_have_more_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
