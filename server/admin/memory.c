// SPDX-License-Identifier: MIT
//
// memory: every figure is the heap's own account, read under the shard's lock for a moment; nothing
// is walked. The peak of several shards is the sum of their peaks, which is at least the peak of
// the sum.
#include "admin/memory.h"

#include "admin/admin.h"
#include "admin/domains.h"
#include "admin/tracing.h"
#include "admin/types.h"
#include "base/process.h"

#include <stdlib.h>
#include <string.h>

enum { TYPES_SHOWN = 20 };

static tn_memory
read_account(const struct scope *scope)
{
    tn_memory sum = {0};
    for (unsigned i = 0; i < scope->count; i++) {
        struct shard_figures f;
        shard_read_figures(&scope->shards[i], &f);
        sum.current += f.memory.current;
        sum.peak += f.memory.peak;
        sum.overhead += f.memory.overhead;
    }
    return sum;
}

// --- Types -----------------------------------------------------------------------------------

static int
by_bytes(const void *a, const void *b)
{
    const tn_usage *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void
add_types(struct text *t, const struct scope *scope)
{
    struct types types;
    types_read(&types, scope);
    qsort(types.rows, types.count, sizeof types.rows[0], by_bytes);
    for (size_t i = 0; i < types.count && i < TYPES_SHOWN; i++) {
        text_adds(t, i ? ",{\"name\":" : "{\"name\":");
        text_add_json(t, span_of(types.rows[i].name));
        text_addf(t, ",\"objects\":%zu,\"bytes\":%zu}", types.rows[i].objects, types.rows[i].bytes);
    }
}

// --- Replies ---------------------------------------------------------------------------------

static void
add_known(struct text *t, int64_t bytes)
{
    if (bytes < 0)
        text_adds(t, "null");
    else
        text_add_int(t, bytes);
}

static void
add_domains(struct text *t, const struct domain *d, const struct scope *scope)
{
    struct domain_rows domains;
    domains_read(&domains, d, scope);
    text_adds(t, ",\"domains\":[");
    domains_add_json(t, &domains);
    text_adds(t, "]");
}

static void
add_process(struct text *t)
{
    struct process_memory p;
    process_read_memory(&p);
    text_adds(t, "\"rss\":");
    add_known(t, p.rss);
    text_adds(t, ",\"cgroup\":{\"current\":");
    add_known(t, p.cgroup_current);
    text_adds(t, ",\"max\":");
    add_known(t, p.cgroup_max);
    text_adds(t, "}");
}

void
memory_show(struct request *r)
{
    struct admin *admin = r->app;
    struct scope scope;
    if (!scope_read(r, admin->domain, &scope))
        return;
    tn_memory m = read_account(&scope);
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"traced\":{\"current\":%zu,\"peak\":%zu,\"overhead\":%zu,\"mode\":\"%s\"},",
              m.current, m.peak, m.overhead, tracing_mode_name(tracing_read(admin->domain).mode));
    add_process(&t);
    add_domains(&t, admin->domain, &scope);
    text_adds(&t, ",\"types\":[");
    add_types(&t, &scope);
    text_adds(&t, "]}");
    reply_json(r, 200, &t);
}

void
memory_reset_peak(struct request *r)
{
    struct admin *admin = r->app;
    struct scope scope;
    if (!scope_read(r, admin->domain, &scope))
        return;
    tn_memory before = read_account(&scope);
    for (unsigned i = 0; i < scope.count; i++) {
        shard_take(&scope.shards[i]);
        tn_memory_reset_peak(scope.shards[i].heap);
        shard_give(&scope.shards[i]);
    }
    tn_memory after = read_account(&scope);
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"before\":{\"peak\":%zu},\"after\":{\"peak\":%zu}}", before.peak, after.peak);
    reply_json(r, 200, &t);
}
