// SPDX-License-Identifier: MIT
//
// metrics: a section a floor, each of which reads its figures once.
//
// Labels are bounded: a route is its pattern, a type is one that was registered, a reason is a row
// of a table, a rule is one of at most 32 that an operator named. Nothing that a client of the data
// plane chose becomes one.
#include "admin/metrics.h"

#include "admin/admin.h"
#include "admin/domains.h"
#include "admin/traffic.h"
#include "admin/types.h"
#include "base/exposition.h"
#include "base/process.h"
#include "revision.h"
#include "store/feed.h"

#define COUNTER   EXPOSITION_COUNTER
#define GAUGE     EXPOSITION_GAUGE
#define HISTOGRAM EXPOSITION_HISTOGRAM

static const char *const generations[TN_GENERATIONS] = {"0", "1", "2"};

// --- The collector -----------------------------------------------------------------------------

static void
add_collections(struct exposition *e, const struct counters *c)
{
    exposition_begin(e, "tenured_gc_collections_total", COUNTER,
                     "Collections of one shard, by the generation that was asked for.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        for (int cause = 0; cause < PASS_CAUSES; cause++)
            exposition_add(e, (double)c->collections[g][cause], "generation", generations[g],
                           "cause", pass_cause_name((enum pass_cause)cause), NULL);
    exposition_begin(e, "tenured_gc_pause_seconds", HISTOGRAM,
                     "How long a collection held the lock of one shard.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add_histogram(e, &c->pauses[g], "generation", generations[g], NULL);
}

static void
add_found(struct exposition *e, const tn_gc_stats *stats)
{
    exposition_begin(e, "tenured_gc_collected_objects_total", COUNTER,
                     "Objects that collections found unreachable and freed.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)stats[g].collected, "generation", generations[g], NULL);
    exposition_begin(e, "tenured_gc_uncollectable_objects_total", COUNTER,
                     "Objects that collections found unreachable and could not free.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)stats[g].uncollectable, "generation", generations[g], NULL);
    exposition_begin(e, "tenured_gc_time_seconds_total", COUNTER, "Time spent in collections.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)stats[g].ns / 1e9, "generation", generations[g], NULL);
}

static void
add_policy(struct exposition *e, const struct policy *p)
{
    exposition_add_one(e, "tenured_gc_enabled", GAUGE,
                       "Whether a crossed threshold asks for a collection.", p->enabled);
    exposition_begin(e, "tenured_gc_threshold_objects", GAUGE,
                     "The thresholds: net allocations, then collections of the next younger one.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)p->thresholds[g], "generation", generations[g], NULL);
}

static void
add_skips(struct exposition *e, struct jobs *jobs)
{
    struct schedule rules[CONFIG_MAX_RULES];
    size_t count = jobs_read_rules(jobs, rules);
    exposition_begin(e, "tenured_gc_schedule_skipped_total", COUNTER,
                     "Runs of a rule that were due and did not take place.");
    for (size_t i = 0; i < count; i++)
        for (int reason = 0; reason < SKIP_REASONS; reason++)
            exposition_add(e, (double)rules[i].skipped[reason], "rule", rules[i].rule.name,
                           "reason", skip_reason_name((enum skip_reason)reason), NULL);
}

static void
add_over_budget(struct exposition *e, const struct counters *c)
{
    exposition_begin(e, "tenured_gc_budget_exceeded_total", COUNTER,
                     "Slices that took more than twice their budget.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)c->over_budget[g], "generation", generations[g], NULL);
}

static void
add_last_runs(struct exposition *e, const struct jobs_state *state)
{
    exposition_begin(e, "tenured_gc_last_run_timestamp_seconds", GAUGE,
                     "When the last collection of a generation ended; 0 for never.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)state->last[g].at_ms / 1e3, "generation", generations[g], NULL);
}

static void
add_collector(struct exposition *e, const struct shard_figures *f, struct jobs *jobs)
{
    struct jobs_state state;
    add_collections(e, &f->counters);
    add_found(e, f->stats);
    add_over_budget(e, &f->counters);
    add_skips(e, jobs);
    jobs_read(jobs, &state);
    add_policy(e, &state.policy);
    add_last_runs(e, &state);
    exposition_begin(e, "tenured_dump_hold_seconds", HISTOGRAM,
                     "How long a slice of a heap dump held the lock of one shard.");
    exposition_add_histogram(e, &f->counters.dump_holds, NULL);
    exposition_begin(e, "tenured_gc_tracked_objects", GAUGE,
                     "Objects that a collection of the generation looks at.");
    for (int g = 0; g < TN_GENERATIONS; g++)
        exposition_add(e, (double)f->population.generation[g], "generation", generations[g], NULL);
    exposition_add_one(e, "tenured_gc_frozen_objects", GAUGE,
                       "Objects that no collection looks at.", (double)f->population.frozen);
}

// --- Memory ------------------------------------------------------------------------------------

static void
add_types(struct exposition *e, struct domain *d)
{
    const struct scope all = {d->shards, d->shard_count};
    struct types types;
    types_read(&types, &all);
    exposition_begin(e, "tenured_heap_objects", GAUGE, "Objects of the heaps.");
    for (size_t i = 0; i < types.count; i++)
        exposition_add(e, (double)types.rows[i].objects, "type", types.rows[i].name, NULL);
    exposition_begin(e, "tenured_heap_bytes", GAUGE, "Bytes of the heaps.");
    for (size_t i = 0; i < types.count; i++)
        exposition_add(e, (double)types.rows[i].bytes, "type", types.rows[i].name, NULL);
}

static void
add_domains(struct exposition *e, struct domain *d)
{
    const struct scope all = {d->shards, d->shard_count};
    struct domain_rows domains;
    domains_read(&domains, d, &all);
    exposition_begin(e, "tenured_domain_bytes", GAUGE,
                     "Bytes in use, by what they are for: the heaps', and others.");
    for (size_t i = 0; i < domains.count; i++)
        exposition_add(e, (double)domains.rows[i].bytes, "domain", domains.rows[i].name, NULL);
}

static void
add_memory(struct exposition *e, const struct shard_figures *f, struct domain *d)
{
    exposition_add_one(e, "tenured_traced_memory_bytes", GAUGE, "Bytes that the heaps account for.",
                       (double)f->memory.current);
    exposition_add_one(e, "tenured_traced_memory_peak_bytes", GAUGE,
                       "The most of them so far, shard by shard.", (double)f->memory.peak);
    exposition_add_one(e, "tenured_trace_overhead_bytes", GAUGE,
                       "Bytes that the account itself takes.", (double)f->memory.overhead);
    add_types(e, d);
    add_domains(e, d);
}

// --- Users and sessions ------------------------------------------------------------------------

static void
add_sessions(struct exposition *e, const struct shard_figures *f)
{
    const struct counters *c = &f->counters;
    exposition_add_one(e, "tenured_sessions_active", GAUGE, "Live sessions.",
                       (double)f->sessions_live);
    exposition_add_one(e, "tenured_sessions_created_total", COUNTER, "Sessions created.",
                       (double)c->sessions_created);
    exposition_begin(e, "tenured_sessions_ended_total", COUNTER, "Sessions ended.");
    for (int i = 0; i < END_REASONS; i++)
        exposition_add(e, (double)c->sessions_ended[i], "reason",
                       end_reason_name((enum end_reason)i), NULL);
    exposition_add_one(e, "tenured_users_live", GAUGE, "Users in memory.",
                       (double)f->users_resident);
    exposition_add_one(e, "tenured_sweep_lag_seconds", GAUGE,
                       "How much later than it should the sweeper of expired sessions goes round.",
                       (double)f->sweep_lag_ms / 1e3);
}

static void
add_cache(struct exposition *e, const struct counters *c, size_t loads_waiting)
{
    static const char *const outcomes[] = {
        [LOAD_FOUND] = "ok", [LOAD_ABSENT] = "absent", [LOAD_ERROR] = "error"};
    exposition_begin(e, "tenured_cache_requests_total", COUNTER, "Questions for a user.");
    exposition_add(e, (double)c->cache_hits, "cache", "users", "result", "hit", NULL);
    exposition_add(e, (double)(c->cache_misses - c->cache_negative), "cache", "users", "result",
                   "miss", NULL);
    exposition_add(e, (double)c->cache_negative, "cache", "users", "result", "negative_hit", NULL);
    exposition_begin(e, "tenured_cache_coalesced_total", COUNTER,
                     "Misses that waited for a load that was on its way.");
    exposition_add(e, (double)c->cache_coalesced, "cache", "users", NULL);
    exposition_begin(e, "tenured_cache_loads_total", COUNTER, "Users asked of the store.");
    for (int i = 0; i < LOAD_OUTCOMES; i++)
        exposition_add(e, (double)c->cache_loads[i], "cache", "users", "outcome", outcomes[i],
                       NULL);
    exposition_begin(e, "tenured_cache_load_seconds", HISTOGRAM,
                     "From the question for a user to the answer of the store.");
    exposition_add_histogram(e, &c->load_time, "cache", "users", NULL);
    exposition_add_one(e, "tenured_cache_load_waiters", GAUGE,
                       "Loads that the store has not begun.", (double)loads_waiting);
    exposition_begin(e, "tenured_cache_loads_refused_total", COUNTER,
                     "Loads for which there was no place (store.lookups).");
    exposition_add(e, (double)c->cache_refused, "cache", "users", NULL);
    exposition_begin(e, "tenured_cache_promotion_failures_total", COUNTER,
                     "Users whom the store found, and whom no memory could hold.");
    exposition_add(e, (double)c->cache_promotion_failures, "cache", "users", NULL);
    exposition_add_one(e, "tenured_cache_dead_entries", GAUGE,
                       "Entries whose user is gone; a user leaves the map as it dies, so none.", 0);
}

// --- The store ---------------------------------------------------------------------------------

static void
add_store(struct exposition *e, const struct domain *d)
{
    struct writer_stats w = lanes_writer_stats(d->lanes);
    struct loader_stats l = lanes_loader_stats(d->lanes);
    exposition_begin(e, "tenured_store_operations_total", COUNTER,
                     "Batches committed, and users looked up.");
    exposition_add(e, (double)(w.batches - w.failed_batches), "op", "commit", "outcome", "ok",
                   NULL);
    exposition_add(e, (double)w.failed_batches, "op", "commit", "outcome", "error", NULL);
    exposition_add(e, (double)(histogram_count(&l.time) - l.failed), "op", "load_user", "outcome",
                   "ok", NULL);
    exposition_add(e, (double)l.failed, "op", "load_user", "outcome", "error", NULL);
    exposition_begin(e, "tenured_store_operation_seconds", HISTOGRAM,
                     "How long the store took for each of them.");
    exposition_add_histogram(e, &w.time, "op", "commit", NULL);
    exposition_add_histogram(e, &l.time, "op", "load_user", NULL);
    exposition_add_one(e, "tenured_store_changes_total", COUNTER, "Changes in all batches.",
                       (double)w.changes);
    exposition_add_one(e, "tenured_store_write_queue", GAUGE, "Changes that wait for a batch.",
                       (double)w.waiting);
}

// Only where other instances change the store too.
static void
add_feed(struct exposition *e, const struct domain *d, const struct counters *c)
{
    if (!d->feed)
        return;
    struct feed_stats feed = feed_get_stats(d->feed);
    exposition_add_one(e, "tenured_feed_up", GAUGE,
                       "Whether what others change is heard: the last beat is younger than half of "
                       "store.bound.",
                       feed.is_up);
    exposition_add_one(e, "tenured_feed_beat_age_seconds", GAUGE,
                       "How long ago the last beat that came back was sent; -1 for never.",
                       feed.age_seconds);
    exposition_begin(e, "tenured_feed_beat_seconds", HISTOGRAM,
                     "From sending a beat to hearing it: how late a change is seen.");
    exposition_add_histogram(e, &feed.beat_time, NULL);
    exposition_add_one(e, "tenured_feed_notices_received_total", COUNTER,
                       "Notices heard, beats and our own included.", (double)feed.notices);
    exposition_add_one(e, "tenured_feed_notices_sent_total", COUNTER,
                       "Notices of changes that were committed here.",
                       (double)d->store->ops->shared->count_notices(d->store));
    exposition_add_one(e, "tenured_feed_losses_total", COUNTER, "Connections of the feed lost.",
                       (double)feed.losses);
    exposition_add_one(e, "tenured_cache_rereads_total", COUNTER,
                       "Loads of what was in memory, and no longer known to be true.",
                       (double)c->cache_rereads);
    exposition_add_one(e, "tenured_cache_known_absent_total", COUNTER,
                       "Questions for sessions and tokens that the store did not know within "
                       "store.bound.",
                       (double)c->cache_known_absent);
}

// --- The process -------------------------------------------------------------------------------

// Without a limit there are none of these.
static void
add_group(struct exposition *e, const struct process_memory *memory)
{
    if (memory->cgroup_max < 0 || memory->cgroup_held < 0)
        return;
    exposition_add_one(e, "tenured_memory_limit_bytes", GAUGE,
                       "The limit of the control group, at which the system kills.",
                       (double)memory->cgroup_max);
    exposition_add_one(e, "tenured_memory_held_bytes", GAUGE,
                       "What the group holds but files it has cached; from 90 % on, growth is "
                       "refused.",
                       (double)memory->cgroup_held);
}

static void
add_process(struct exposition *e)
{
    struct process_memory memory;
    struct process_use use;
    process_read_memory(&memory);
    process_read_use(&use);
    add_group(e, &memory);
    exposition_begin(e, "tenured_build_info", GAUGE, "What runs here; always 1.");
    exposition_add(e, 1, "version", TN_VERSION, "revision", REVISION, NULL);
    exposition_add_one(e, "process_cpu_seconds_total", COUNTER, "Processor time.", use.cpu_seconds);
    exposition_add_one(e, "process_resident_memory_bytes", GAUGE, "Resident bytes.",
                       (double)memory.rss);
    exposition_add_one(e, "process_open_fds", GAUGE, "Open descriptors.", (double)use.open_fds);
    exposition_add_one(e, "process_max_fds", GAUGE, "Descriptors that there may be.",
                       (double)use.max_fds);
    exposition_add_one(e, "process_start_time_seconds", GAUGE, "When the process started.",
                       use.start_seconds);
}

void
metrics_show(struct request *r)
{
    const struct admin *admin = r->app;
    struct shard_figures f;
    struct text t;
    struct exposition e = {.text = &t};
    text_init(&t);
    domain_read_figures(admin->domain, &f);
    add_collector(&e, &f, admin->jobs);
    add_memory(&e, &f, admin->domain);
    add_sessions(&e, &f);
    add_cache(&e, &f.counters, lanes_loader_stats(admin->domain->lanes).waiting);
    add_store(&e, admin->domain);
    add_feed(&e, admin->domain, &f.counters);
    traffic_add(&e, admin->data_plane, request_listener(r));
    add_process(&e);
    reply_text(r, 200, EXPOSITION_CONTENT_TYPE, &t);
}
