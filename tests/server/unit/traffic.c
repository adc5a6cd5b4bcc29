// SPDX-License-Identifier: MIT
//
// Threads that do everything at once, over a store that fails now and then, beside collections:
// in the end memory and store say the same, and nobody is left who should not be.
#include "writes_fixture.h"

enum { THREADS = 4, USERS = 12, STEPS = 10000, REMEMBERED = 64, SHORT_MS = 15 };

struct client {
    pthread_t thread;
    dice dice;
    struct making made[REMEMBERED]; // the latest ones; some have ended
    char users[REMEMBERED][16];
};

static _Atomic bool over;

static void
pick_user(dice *d, char id[16])
{
    snprintf(id, 16, "user-%zu", dice_below(d, USERS));
}

static void
expect_one_of(dice *d, enum outcome outcome, enum outcome other)
{
    DICE_ASSERT(d, outcome == OUTCOME_DONE || outcome == OUTCOME_NO_STORE || outcome == other);
}

// To the session, if it has not ended.
static void
write_to(struct client *c, size_t i)
{
    struct writing w;
    struct shard *s = shard_of(c->users[i]);
    const char *id = c->made[i].create.id;
    shard_take(s);
    tn_object *session = index_borrow(&s->sessions, id);
    if (session)
        touch_session(s, session, clock_ms());
    shard_give(s);
    bool rotates = dice_chance(&c->dice, 30);
    enum outcome outcome =
        rotates ? rotate(&w, c->users[i], id) : patch(&w, c->users[i], id, "*", "{\"m\":[1]}");
    expect_one_of(&c->dice, outcome, OUTCOME_ENDED);
    if (rotates && outcome == OUTCOME_DONE)
        memcpy(c->made[i].create.token, w.write.token, sizeof w.write.token);
}

static void
step(struct client *c)
{
    dice *d = &c->dice;
    size_t i = dice_below(d, REMEMBERED), what = dice_below(d, 100);
    char id[16];
    struct asking q;
    pick_user(d, id);
    if (what < 10) {
        expect_one_of(d, put(id, "Somebody"), OUTCOME_DONE);
    } else if (what < 40) {
        pick_user(d, c->users[i]);
        int64_t ttl = dice_chance(d, 20) ? SHORT_MS : 600000;
        expect_one_of(d, make_with(&c->made[i], c->users[i], ttl, 600000), OUTCOME_ABSENT);
    } else if (what < 60) {
        expect_one_of(d, ask(&q, id), OUTCOME_ABSENT);
    } else if (what < 62) {
        expect_one_of(d, delete (id), OUTCOME_DONE);
    } else if (c->made[i].create.id[0] && what < 70) {
        write_to(c, i);
    } else if (c->made[i].outcome == OUTCOME_DONE && c->made[i].create.id[0] && what < 85) {
        enum outcome outcome = revoke(c->users[i], c->made[i].create.id);
        expect_one_of(d, outcome, OUTCOME_DONE);
        DICE_ASSERT(d, !is_live(c->users[i], &c->made[i]));
    } else if (c->made[i].create.id[0]) {
        is_live(c->users[i], &c->made[i]);
    }
}

static void *
run_client(void *arg)
{
    size_t steps = support_scaled(STEPS);
    for (size_t i = 0; i < steps; i++)
        step(arg);
    return NULL;
}

static void *
run_collector(void *arg)
{
    for (unsigned n = 0; !over; n++) {
        fixture->failing = n % 4 == 3;
        collect();
        wait_ms(2);
    }
    return NULL;
}

static void
run_all(struct client clients[THREADS])
{
    pthread_t collector;
    over = false;
    pthread_create(&collector, NULL, run_collector, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(clients[i].thread, NULL);
    over = true;
    pthread_join(collector, NULL);
    fixture->failing = false;
}

// A write that succeeds in each shard takes along what was parked there.
static void
write_in_every_shard(void)
{
    char id[24];
    for (unsigned i = 0, done = 0; done != (1u << fixture->domain->shard_count) - 1; i++) {
        snprintf(id, sizeof id, "last-%u", i);
        assert_int_equal(put(id, "Last"), OUTCOME_DONE);
        done |= 1u << shard_of(id)->number;
    }
}

static void
end_everything(void)
{
    for (unsigned i = 0; i < fixture->domain->shard_count; i++) {
        struct shard *s = &fixture->domain->shards[i];
        size_t cursor = 0;
        tn_object *session;
        shard_take(s);
        while (index_next(&s->sessions, &cursor, &session)) {
            assert_int_equal(ending_start(s, session, END_EVICTED, clock_ms(), NULL), OUTCOME_DONE);
            cursor = 0;
        }
        shard_give(s);
    }
}

static void
memory_and_store_agree_after_all_of_it(void **state)
{
    static struct client clients[THREADS];
    dice d;
    fixture->config.sessions_per_user = 6;
    dice_init(&d, "traffic");
    for (int i = 0; i < THREADS; i++) {
        memset(&clients[i], 0, sizeof clients[i]);
        clients[i].dice = (dice){d.seed, dice_next(&d)};
    }
    run_all(clients);
    write_in_every_shard();
    assert_int_equal(rows_in_store(), figures().sessions_live);
    end_everything();
    collect();
    assert_int_equal(rows_in_store(), 0);
    assert_int_equal(figures().users_resident, 0);
    for (unsigned i = 0; i < fixture->domain->shard_count; i++)
        for (unsigned b = 0; b < PENDING_BUCKETS; b++)
            assert_null(fixture->domain->shards[i].pending.buckets[b]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {DOMAIN_TEST(memory_and_store_agree_after_all_of_it)};
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
