// SPDX-License-Identifier: MIT
//
// Every allocation of the heap fails once in every operation of the domain: it is answered, memory
// and store agree, nothing is left over, and the same operation works when there is memory again.
#include "writes_fixture.h"

#include "memory/alloc.h"

struct attempt {
    struct asking asking;
    struct putting putting;
    struct making making;
    struct making victim; // of a revocation
};

typedef enum outcome attempt_fn(struct attempt *a);

static struct tni_memory *
memory_of(const struct shard *s)
{
    return (struct tni_memory *)s->heap; // the heap begins with it
}

static void
fail_after(long n)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    tni_fail_after(memory_of(s), n);
    shard_give(s);
}

// True: the hook had its moment.
static bool
has_failed(void)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    bool failed = memory_of(s)->fail_after < 0;
    tni_fail_after(memory_of(s), -1);
    assert_true(tn_heap_check(s->heap));
    assert_int_equal(s->sessions.reserved + s->tokens.reserved, 0);
    shard_give(s);
    return failed;
}

// [prepare], which may be NULL, makes what [call] needs; each attempt leaves memory and store
// alike.
static void
fail_each(attempt_fn *prepare, attempt_fn *call)
{
    struct attempt a;
    bool failed = true;
    for (long n = 0; failed; n++) {
        if (prepare)
            assert_int_equal(prepare(&a), OUTCOME_DONE);
        fail_after(n);
        enum outcome outcome = call(&a);
        failed = has_failed();
        assert_true(outcome == OUTCOME_DONE || (failed && outcome == OUTCOME_NO_MEMORY));
        assert_int_equal(rows_in_store(), figures().sessions_live);
    }
    collect();
}

static enum outcome
put_ada(struct attempt *a)
{
    return put("ada", "Ada");
}

static enum outcome
ask_ada(struct attempt *a)
{
    return ask(&a->asking, "ada");
}

static enum outcome
make_for_ada(struct attempt *a)
{
    return make(&a->making, "ada");
}

static enum outcome
make_victim(struct attempt *a)
{
    return make(&a->victim, "ada");
}

static enum outcome
revoke_victim(struct attempt *a)
{
    enum outcome outcome = revoke("ada", a->victim.create.id);
    assert_int_equal(is_live("ada", &a->victim), outcome != OUTCOME_DONE);
    return outcome;
}

// Not resident, and with a past, so that all of it has to be loaded.
static enum outcome
forget_ada(struct attempt *a)
{
    struct making m;
    enum outcome outcome = make(&m, "ada");
    revoke("ada", m.create.id);
    collect();
    assert_int_equal(figures().users_resident, 0);
    return outcome;
}

static void
a_put_of_a_new_user_and_of_an_old_one(void **state)
{
    fail_each(NULL, put_ada);
    fail_each(forget_ada, put_ada);
}

static void
a_load(void **state)
{
    put("ada", "Ada");
    assert_int_equal(figures().counters.cache_promotion_failures, 0);
    fail_each(forget_ada, ask_ada);
    assert_true(figures().counters.cache_promotion_failures > 0);
}

static void
a_new_session_and_its_eviction(void **state)
{
    struct making m;
    put("ada", "Ada");
    fail_each(NULL, make_for_ada);
    fixture->config.sessions_per_user = 2;
    fail_each(NULL, make_for_ada);
    make(&m, "ada");
    assert_int_equal(figures().sessions_live, 2); // whoever stayed too long is gone by now
}

static void
a_new_session_of_a_user_to_be_loaded(void **state)
{
    put("ada", "Ada");
    fixture->config.sessions_per_user = 1000;
    struct making m;
    make(&m, "ada");
    revoke("ada", m.create.id);
    collect();
    fail_each(NULL, make_for_ada);
}

static void
a_revocation(void **state)
{
    put("ada", "Ada");
    fail_each(make_victim, revoke_victim);
}

static enum outcome
patch_victim(struct attempt *a)
{
    struct writing w;
    enum outcome outcome = patch(&w, "ada", a->victim.create.id, "*", "{\"m\":{\"x\":1}}");
    expect_shown("ada", a->victim.create.id,
                 outcome == OUTCOME_DONE ? "\"m\":{\"x\":1}" : "\"data\":{\"n\":1.0},");
    return outcome;
}

static enum outcome
rotate_victim(struct attempt *a)
{
    struct writing w;
    enum outcome outcome = rotate(&w, "ada", a->victim.create.id);
    if (outcome == OUTCOME_DONE)
        memcpy(a->victim.create.token, w.write.token, sizeof w.write.token);
    assert_true(is_live("ada", &a->victim));
    return outcome;
}

static void
a_write_of_a_session(void **state)
{
    put("ada", "Ada");
    fail_each(make_victim, patch_victim);
    fail_each(make_victim, rotate_victim);
}

static enum outcome
make_ada_with_sessions(struct attempt *a)
{
    put("ada", "Ada");
    make(&a->making, "ada");
    return make(&a->victim, "ada");
}

// Where it fails, some sessions may have ended all the same.
static enum outcome
delete_ada(struct attempt *a)
{
    enum outcome outcome = delete ("ada");
    if (outcome == OUTCOME_DONE)
        assert_int_equal(ask(&a->asking, "ada"), OUTCOME_ABSENT);
    return outcome;
}

static void
the_end_of_a_user(void **state)
{
    fail_each(make_ada_with_sessions, delete_ada);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_put_of_a_new_user_and_of_an_old_one),
        DOMAIN_TEST(a_load),
        DOMAIN_TEST(a_new_session_and_its_eviction),
        DOMAIN_TEST(a_new_session_of_a_user_to_be_loaded),
        DOMAIN_TEST(a_revocation),
        DOMAIN_TEST(a_write_of_a_session),
        DOMAIN_TEST(the_end_of_a_user),
    };
    return cmocka_run_group_tests_name("out_of_memory", tests, NULL, NULL);
}
