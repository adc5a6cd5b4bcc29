// SPDX-License-Identifier: MIT
//
// server/admin/snapshots.c: requests get a shard's lock again and again while its traces are
// copied. Whoever gives it lets one of them in.
#include "domain_fixture.h"

#include "admin/admin.h"

#include <tenure/inspect.h>

enum { SITES = 2000, A_VISIT = 100, SITES_MOST = 20000, STEP_MOST = 256 };

// What the shard holds: lists that are each made at a site of their own.
static struct {
    struct shard *shard;
    tn_site sites[SITES_MOST];
    tn_object *lists[SITES_MOST];
    size_t made;
} held;

static _Thread_local bool is_watched;
static size_t visits, steps;

void __real_shard_give(struct shard *s);
void __wrap_shard_give(struct shard *s);
tn_err __real_tn_snapshot_step(tn_heap *heap, tn_snapshot *s, size_t most, bool *done);
tn_err __wrap_tn_snapshot_step(tn_heap *heap, tn_snapshot *s, size_t most, bool *done);

static void
make_lists(size_t count)
{
    for (size_t end = held.made + count; held.made < end; held.made++) {
        tn_site *site = &held.sites[held.made];
        *site = (tn_site){"visit.c", (int)held.made + 1, "visit"};
        held.lists[held.made] = tn_list_new_at(held.shard->heap, site);
    }
}

// New traces come, and the objects of old ones go.
static void
visit(struct shard *s)
{
    if (s != held.shard)
        return;
    shard_take(s);
    make_lists(A_VISIT);
    TN_CLEAR(held.lists[SITES - 1 - visits]);
    __real_shard_give(s);
    visits++;
}

void
__wrap_shard_give(struct shard *s)
{
    __real_shard_give(s);
    if (is_watched)
        visit(s);
}

tn_err
__wrap_tn_snapshot_step(tn_heap *heap, tn_snapshot *s, size_t most, bool *done)
{
    assert_in_range(most, 1, STEP_MOST);
    steps += heap == held.shard->heap;
    return __real_tn_snapshot_step(heap, s, most, done);
}

static void
start_tracing(void)
{
    for (unsigned i = 0; i < fixture->domain->shard_count; i++) {
        struct shard *s = &fixture->domain->shards[i];
        shard_take(s);
        assert_int_equal(tn_trace_start(s->heap, NULL), TN_OK);
        shard_give(s);
    }
}

static void
drop_lists(void)
{
    shard_take(held.shard);
    for (size_t i = 0; i < held.made; i++)
        tn_decref(held.lists[i]);
    shard_give(held.shard);
}

static void
a_shards_lock_is_free_between_the_steps_of_a_snapshot(void **state)
{
    struct admin admin = {.domain = fixture->domain};
    struct request r = {.app = &admin};
    held.shard = &fixture->domain->shards[0];
    start_tracing();
    shard_take(held.shard);
    make_lists(SITES);
    shard_give(held.shard);
    is_watched = true;
    snapshots_take(&r);
    is_watched = false;
    assert_int_equal(r.reply.status, 201);
    text_add(&r.reply.body, "", 1);
    assert_non_null(strstr(r.reply.body.data, "\"sites\":2000}"));
    assert_int_equal(steps, (2 * SITES + STEP_MOST - 1) / STEP_MOST);
    assert_int_equal(visits, steps + 1); // and after the beginning
    text_fini(&r.reply.body);
    snapshots_fini(&admin.snapshots);
    drop_lists();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(a_shards_lock_is_free_between_the_steps_of_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
