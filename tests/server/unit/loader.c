// SPDX-License-Identifier: MIT
//
// The loader over a store that knows one user, and can be made to wait or to fail.
#include "store/loader.h"
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MAX_LOADS = 64 };

struct fixture {
    struct store store; // first: the store is the fixture
    struct places places;
    struct loader *loader;
    atomic_bool failing;
    // Guarded by [mutex].
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool closed; // load_user waits while it is
    bool inside; // load_user is waiting
    struct note *order[MAX_LOADS];
    size_t answered;
};

// A lookup that knows how it was answered.
struct note {
    struct load load;
    struct fixture *fixture;
    enum load_outcome outcome;
    char name[16];
};

static bool
fake_load_user(struct store *s, struct span id,
               void (*found)(void *arg, const struct user_row *user), void *arg)
{
    struct fixture *f = (struct fixture *)s;
    pthread_mutex_lock(&f->mutex);
    f->inside = true;
    pthread_cond_broadcast(&f->changed);
    while (f->closed)
        pthread_cond_wait(&f->changed, &f->mutex);
    f->inside = false;
    pthread_mutex_unlock(&f->mutex);
    if (f->failing)
        return false;
    struct user_row ada = {.id = id, .name = SPAN("Ada")};
    if (span_is(id, "ada"))
        found(arg, &ada);
    return true;
}

static const struct store_ops fake = {.name = "fake", .load_user = fake_load_user};

static void
set_closed(struct fixture *f, bool closed)
{
    pthread_mutex_lock(&f->mutex);
    f->closed = closed;
    pthread_cond_broadcast(&f->changed);
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

static void
wait_for_answers(struct fixture *f, size_t count)
{
    pthread_mutex_lock(&f->mutex);
    while (f->answered < count)
        pthread_cond_wait(&f->changed, &f->mutex);
    pthread_mutex_unlock(&f->mutex);
}

static void
note_done(struct load *l, enum load_outcome outcome, const struct user_row *user)
{
    struct note *n = (struct note *)l;
    struct fixture *f = n->fixture;
    n->outcome = outcome;
    if (user)
        snprintf(n->name, sizeof(n->name), "%.*s", (int)user->name.len, user->name.data);
    pthread_mutex_lock(&f->mutex);
    f->order[f->answered++] = n;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static struct note
note_of(struct fixture *f, const char *id)
{
    return (struct note){.load = {.id = span_of(id), .done = note_done}, .fixture = f};
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->store.ops = &fake;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->places.limit = 3;
    f->loader = loader_start(&f->store, &f->places);
    *state = f;
    return f->loader ? 0 : -1;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    if (f->loader)
        loader_stop(f->loader);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    free(f);
    return 0;
}

// --- Tests ------------------------------------------------------------------------------------

static void
a_user_who_is_there_is_found(void **state)
{
    struct fixture *f = *state;
    struct note n = note_of(f, "ada");
    assert_true(loader_submit(f->loader, &n.load));
    wait_for_answers(f, 1);
    assert_int_equal(n.outcome, LOAD_FOUND);
    assert_string_equal(n.name, "Ada");
}

static void
a_user_who_is_not_there_is_absent(void **state)
{
    struct fixture *f = *state;
    struct note n = note_of(f, "bob");
    assert_true(loader_submit(f->loader, &n.load));
    wait_for_answers(f, 1);
    assert_int_equal(n.outcome, LOAD_ABSENT);
    assert_string_equal(n.name, "");
}

static void
a_store_that_fails_is_an_error_and_not_an_absence(void **state)
{
    struct fixture *f = *state;
    struct note n = note_of(f, "ada");
    f->failing = true;
    assert_true(loader_submit(f->loader, &n.load));
    wait_for_answers(f, 1);
    assert_int_equal(n.outcome, LOAD_ERROR);
}

static void
lookups_are_answered_in_the_order_of_submission(void **state)
{
    struct fixture *f = *state;
    struct note notes[3] = {note_of(f, "ada"), note_of(f, "bob"), note_of(f, "ada")};
    for (int i = 0; i < 3; i++)
        assert_true(loader_submit(f->loader, &notes[i].load));
    wait_for_answers(f, 3);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(f->order[i], &notes[i]);
}

static void
a_full_queue_refuses_and_takes_again_when_it_has_room(void **state)
{
    struct fixture *f = *state;
    struct note notes[5];
    for (int i = 0; i < 5; i++)
        notes[i] = note_of(f, "ada");
    set_closed(f, true);
    assert_true(loader_submit(f->loader, &notes[0].load));
    wait_until_inside(f);
    for (int i = 1; i <= 3; i++)
        assert_true(loader_submit(f->loader, &notes[i].load));
    assert_false(loader_submit(f->loader, &notes[4].load));
    set_closed(f, false);
    wait_for_answers(f, 4);
    assert_true(loader_submit(f->loader, &notes[4].load));
    wait_for_answers(f, 5);
}

static void
stopping_answers_what_waits(void **state)
{
    struct fixture *f = *state;
    struct note notes[3] = {note_of(f, "ada"), note_of(f, "bob"), note_of(f, "ada")};
    for (int i = 0; i < 3; i++)
        assert_true(loader_submit(f->loader, &notes[i].load));
    loader_stop(f->loader);
    f->loader = NULL;
    assert_int_equal(f->answered, 3);
}

static void
a_store_that_hangs_is_not_asked_again_until_it_goes_on(void **state)
{
    struct fixture *f = *state;
    struct note first = note_of(f, "ada"), refused = note_of(f, "ada"), later = note_of(f, "ada");
    loader_set_patience(f->loader, 50);
    set_closed(f, true);
    assert_true(loader_submit(f->loader, &first.load));
    wait_until_inside(f);
    assert_false(loader_hangs(f->loader));
    usleep(100000);
    assert_true(loader_hangs(f->loader));
    assert_false(loader_submit(f->loader, &refused.load));
    set_closed(f, false);
    wait_for_answers(f, 1);
    while (loader_hangs(f->loader))
        usleep(1000);
    assert_true(loader_submit(f->loader, &later.load));
    wait_for_answers(f, 2);
    assert_int_equal(later.outcome, LOAD_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define LOADER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        LOADER_TEST(a_user_who_is_there_is_found),
        LOADER_TEST(a_user_who_is_not_there_is_absent),
        LOADER_TEST(a_store_that_fails_is_an_error_and_not_an_absence),
        LOADER_TEST(lookups_are_answered_in_the_order_of_submission),
        LOADER_TEST(a_full_queue_refuses_and_takes_again_when_it_has_room),
        LOADER_TEST(stopping_answers_what_waits),
        LOADER_TEST(a_store_that_hangs_is_not_asked_again_until_it_goes_on),
    };
    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
