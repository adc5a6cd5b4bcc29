// SPDX-License-Identifier: MIT
//
// end_everybody: all sessions of a shared store end, in one transaction of its own.
//
// Where the store failed the commit may have happened, so nothing in memory is believed then.
#include "domain/end_everybody.h"

#include "base/clock.h"

// Whose shard they were in is not known any more.
static void
count_ended(struct domain *d, size_t count)
{
    shard_take(&d->shards[0]);
    d->shards[0].counters.sessions_ended[END_REVOKED] += count;
    shard_give(&d->shards[0]);
}

// On the writer's thread.
static void
on_written(struct change *c, bool ok)
{
    struct end_everybody *e = CONTAINER_OF(c, struct end_everybody, change);
    bool ended = ok && c->result == CHANGE_APPLIED;
    if (ended || !ok || c->count == 0) // perhaps by an attempt of ours that seemed to fail
        domain_spoil_all(e->domain);
    if (ended)
        count_ended(e->domain, c->count);
    e->there = c->count;
    e->answer.outcome = ended ? OUTCOME_DONE : ok ? OUTCOME_STALE : OUTCOME_NO_STORE;
    e->answer.tell(&e->answer);
}

void
end_everybody_start(struct end_everybody *e)
{
    e->there = 0;
    e->change = (struct change){.kind = CHANGE_END_EVERYBODY,
                                .expected = (int64_t)e->confirmed,
                                .session = {.last_seen_at = clock_ms()},
                                .done = on_written};
    struct writer *writer = lanes_writer(e->domain->lanes, 0); // any: nobody's shard asks
    if (writer_submit(writer, &e->change))
        return;
    e->answer.outcome = writer_hangs(writer) ? OUTCOME_NO_STORE : OUTCOME_BUSY;
    e->answer.tell(&e->answer);
}
