// SPDX-License-Identifier: MIT
//
// operations: an id is a number.
#include "admin/operations.h"

#include "admin/admin.h"
#include "admin/gc.h"
#include "admin/passes.h"
#include "admin/window.h"

static void
add_time_or_null(struct text *t, const char *name, int64_t at)
{
    text_addf(t, ",\"%s\":", name);
    if (at != 0)
        text_add_time(t, at);
    else
        text_adds(t, "null");
}

static void
add_result(struct text *t, const struct operation *o)
{
    text_adds(t, ",\"result\":");
    if (o->state != OPERATION_ENDED || o->pass.error)
        text_adds(t, "null");
    else
        passes_add_result(t, &o->pass);
    text_adds(t, ",\"error\":");
    text_add_json(t, span_of(o->pass.error ? tn_strerror(o->pass.error) : NULL));
}

static void
add_operation(struct text *t, const struct operation *o)
{
    static const char *const states[] = {"waiting", "running", "ended"};
    text_addf(t, "{\"id\":\"%lu\",\"state\":\"%s\",\"cancelled\":%s,\"what\":",
              (unsigned long)o->number, states[o->state], o->cancelled ? "true" : "false");
    passes_add_title(t, &o->pass.title);
    add_time_or_null(t, "asked_at", o->asked_at);
    add_time_or_null(t, "ended_at", o->ended_at);
    add_result(t, o);
    text_adds(t, "}");
}

static void
reply_operation(struct request *r, unsigned status, uint64_t number)
{
    struct operation o;
    struct text t;
    if (!operations_read(((struct admin *)r->app)->operations, number, &o)) {
        reply_problem(r, "operation-not-found", "Only the last %d are kept.", OPERATIONS_KEPT);
        return;
    }
    text_init(&t);
    add_operation(&t, &o);
    reply_json(r, status, &t);
}

void
operations_begin(struct request *r, enum pass_kind kind, int generation, int budget_ms)
{
    struct admin *admin = r->app;
    const struct pass_title title = {kind, PASS_MANUAL, generation, NULL};
    struct pass_title same;
    uint64_t number;
    enum jobs_answer answer =
        operations_start(admin->operations, &title, budget_ms, &number, &same);
    if (answer != JOBS_ACCEPTED) {
        gc_refuse(r, answer, &same);
        return;
    }
    reply_operation(r, 202, number);
    reply_header(r, "Location", "/v1/operations/%lu", (unsigned long)number);
}

void
operations_show(struct request *r)
{
    uint64_t number;
    reply_operation(r, 200, window_read_number(r->params[0], &number) ? number : 0);
}

void
operations_delete(struct request *r)
{
    uint64_t number = 0;
    if (window_read_number(r->params[0], &number))
        operations_cancel(((struct admin *)r->app)->operations, number);
    operations_show(r);
}
