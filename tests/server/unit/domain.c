// SPDX-License-Identifier: MIT
//
// Starting over the same store: what was durable is there, what expired meanwhile ends, and a
// process that started frozen can still forget its users.
#include "domain_fixture.h"

enum { MANY = 10000, PER_USER = 4, AT_ONCE = 500 };

static void
restart(void)
{
    domain_down();
    domain_up();
}

static void
sessions_and_users_are_the_same_after_a_restart(void **state)
{
    struct making live, ended;
    struct asking before, after;
    put("ada", "Ada");
    make(&ended, "ada");
    make(&live, "ada");
    revoke("ada", ended.create.id);
    ask(&before, "ada");
    restart();
    assert_true(is_live("ada", &live));
    assert_false(is_live("ada", &ended));
    ask(&after, "ada");
    assert_true(after.is_hit);
    assert_string_equal(after.document, before.document);
    struct making next;
    assert_int_equal(make(&next, "ada"), OUTCOME_DONE); // with a k of its own
    assert_int_equal(rows_in_store(), 2);
}

static void
the_start_freezes_and_a_user_who_ends_is_thawed(void **state)
{
    struct making live;
    put("ada", "Ada");
    make(&live, "ada");
    restart();
    assert_true(figures().population.frozen > 0);
    assert_int_equal(revoke("ada", live.create.id), OUTCOME_DONE);
    collect();
    assert_int_equal(figures().users_resident, 0);
}

static void
what_expired_while_the_service_was_down_ends_at_the_start(void **state)
{
    struct making expired, live, other;
    struct asking q;
    put("ada", "Ada");
    put("eve", "Eve");
    make_with(&expired, "ada", 20, 60000);
    make(&live, "ada");
    make_with(&other, "eve", 20, 60000);
    domain_down();
    wait_ms(40);
    domain_up();
    assert_int_equal(figures().sessions_live, 1);
    assert_int_equal(figures().users_resident, 1); // eve's past was collected
    assert_int_equal(rows_in_store(), 1);
    ask(&q, "ada");
    assert_non_null(strstr(q.document, "\"reason\":\"expired_idle\""));
    ask(&q, "eve");
    assert_false(q.is_hit);
    assert_non_null(strstr(q.document, other.create.id));
}

// --- Many --------------------------------------------------------------------------------------

static char users[MANY / PER_USER][32];
static struct making sessions[MANY];

static void
make_users(size_t count)
{
    static struct putting puts[AT_ONCE];
    for (size_t at = 0; at < count; at += AT_ONCE) {
        size_t end = at + AT_ONCE < count ? at + AT_ONCE : count;
        for (size_t i = at; i < end; i++) {
            snprintf(users[i], sizeof users[i], "user-%zu", i);
            // One by one, because no more than store.lookups may be looked up at once.
            start_put(&puts[i - at], users[i], "Somebody");
            assert_int_equal(finish_put(&puts[i - at]), OUTCOME_DONE);
        }
    }
}

static void
make_sessions(size_t count)
{
    for (size_t at = 0; at < count; at += PER_USER) {
        for (size_t i = at; i < at + PER_USER; i++)
            start_making(&sessions[i], users[at / PER_USER], 600000, 600000);
        for (size_t i = at; i < at + PER_USER; i++)
            assert_int_equal(finish_making(&sessions[i]), OUTCOME_DONE);
    }
}

static void
end_sessions(size_t count)
{
    static struct waiter waiters[AT_ONCE];
    for (size_t at = 0; at < count; at += AT_ONCE) {
        size_t end = at + AT_ONCE < count ? at + AT_ONCE : count;
        for (size_t i = at; i < end; i++)
            start_revoke(&waiters[i - at], users[i / PER_USER], sessions[i].create.id);
        for (size_t i = at; i < end; i++)
            assert_int_equal(waiter_wait(&waiters[i - at]), OUTCOME_DONE);
    }
}

static void
ten_thousand_loaded_ended_and_collected_leave_nobody(void **state)
{
    size_t count = support_scaled(MANY) / PER_USER * PER_USER;
    make_users(count / PER_USER);
    make_sessions(count);
    restart();
    struct shard_figures f = figures();
    assert_int_equal(f.sessions_live, count);
    assert_int_equal(f.users_resident, count / PER_USER);
    end_sessions(count);
    assert_int_equal(figures().users_resident, count / PER_USER);
    collect();
    f = figures();
    assert_int_equal(f.users_resident, 0);
    assert_int_equal(f.sessions_live, 0);
    assert_int_equal(f.population.frozen, 0);
    assert_int_equal(rows_in_store(), 0);
}

// --- Slots -------------------------------------------------------------------------------------

static void
every_slot_has_a_shard_and_they_share_them_evenly(void **state)
{
    struct domain *d = fixture->domain;
    assert_int_equal(d->shard_count, 2);
    assert_ptr_equal(domain_shard_of_slot(d, 0), &d->shards[0]);
    assert_ptr_equal(domain_shard_of_slot(d, 32767), &d->shards[0]);
    assert_ptr_equal(domain_shard_of_slot(d, 32768), &d->shards[1]);
    assert_ptr_equal(domain_shard_of_slot(d, 65535), &d->shards[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SQLITE_TEST(sessions_and_users_are_the_same_after_a_restart),
        SQLITE_TEST(the_start_freezes_and_a_user_who_ends_is_thawed),
        SQLITE_TEST(what_expired_while_the_service_was_down_ends_at_the_start),
        SQLITE_TEST(ten_thousand_loaded_ended_and_collected_leave_nobody),
        DOMAIN_TEST(every_slot_has_a_shard_and_they_share_them_evenly),
    };
    return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
