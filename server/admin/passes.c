// SPDX-License-Identifier: MIT
//
// passes: JSON, member by member.
#include "admin/passes.h"

static double
seconds(uint64_t ns)
{
    return ns / 1e9;
}

void
passes_add_title(struct text *t, const struct pass_title *title)
{
    text_addf(t, "{\"operation\":\"%s\",\"cause\":\"%s\"", pass_kind_name(title->kind),
              pass_cause_name(title->cause));
    if (title->generation >= 0)
        text_addf(t, ",\"generation\":%d", title->generation);
    text_adds(t, "}");
}

static void
add_sizes(struct text *t, const char *name, const struct pass_sizes *s)
{
    text_addf(t, "\"%s\":{\"objects\":%zu,\"bytes\":%zu,\"users_resident\":%zu}", name, s->objects,
              s->bytes, s->users_resident);
}

static void
add_completeness(struct text *t, const struct pass *pass)
{
    text_addf(t, "\"complete\":%s", pass->complete ? "true" : "false");
    if (pass->stopped)
        text_addf(t, ",\"stopped\":\"%s\"", pass->stopped);
}

// What a run found, and what it did to whom.
static void
add_found(struct text *t, const struct pass *pass)
{
    const tn_gc_result *f = &pass->found;
    text_addf(t, "\"collected\":%zu,\"uncollectable\":%zu,\"candidates\":%zu,", f->collected,
              f->uncollectable, f->candidates);
    text_addf(t, "\"bytes_freed\":%zu,\"seconds\":%.9f,\"pause_max_seconds\":%.9f,", f->bytes_freed,
              seconds(pass->ns), seconds(pass->pause_max_ns));
    text_addf(t, "\"slices\":%u,", pass->slices);
    add_completeness(t, pass);
    text_adds(t, ",");
    add_sizes(t, "before", &pass->before);
    text_adds(t, ",");
    add_sizes(t, "after", &pass->after);
}

static void
add_collected(struct text *t, const struct pass *pass)
{
    text_addf(t, "{\"generation\":%d,", pass->title.generation);
    if (pass->title.kind == PASS_PREVIEW)
        text_adds(t, "\"dry_run\":true,");
    add_found(t, pass);
    text_adds(t, "}");
}

static void
add_frozen(struct text *t, const struct pass *pass)
{
    text_addf(t, "{\"frozen\":{\"objects\":%zu,\"bytes\":%zu},", pass->after.frozen,
              pass->after.frozen_bytes);
    text_addf(t, "\"delta\":{\"objects\":%ld,\"bytes\":%ld},",
              (long)pass->after.frozen - (long)pass->before.frozen,
              (long)pass->after.frozen_bytes - (long)pass->before.frozen_bytes);
    add_completeness(t, pass);
    text_adds(t, "}");
}

void
passes_add_result(struct text *t, const struct pass *pass)
{
    enum pass_kind kind = pass->title.kind;
    (kind == PASS_COLLECT || kind == PASS_PREVIEW ? add_collected : add_frozen)(t, pass);
}

void
passes_add_run(struct text *t, const struct history_run *run)
{
    const struct pass *pass = &run->pass;
    text_addf(t, "{\"number\":%lu,\"ended_at\":", (unsigned long)run->number);
    text_add_time(t, run->at);
    text_addf(t,
              ",\"operation\":\"%s\",\"cause\":\"%s\",\"rule\":", pass_kind_name(pass->title.kind),
              pass_cause_name(pass->title.cause));
    text_add_json(t, span_of(run->rule[0] != '\0' ? run->rule : NULL));
    if (pass->title.generation < 0)
        text_adds(t, ",\"generation\":null,");
    else
        text_addf(t, ",\"generation\":%d,", pass->title.generation);
    add_found(t, pass);
    text_addf(t, ",\"frozen\":{\"before\":%zu,\"after\":%zu},", pass->before.frozen,
              pass->after.frozen);
    text_addf(t, "\"cache\":{\"hits\":%lu,\"misses\":%lu}}", (unsigned long)run->hits,
              (unsigned long)run->misses);
}
