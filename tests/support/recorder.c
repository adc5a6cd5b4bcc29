// SPDX-License-Identifier: MIT
//
// Objects and weak references that note what happens to them: see recorder.h.
#include "recorder.h"

#include <tenure/containers.h>

typedef struct recorder {
    tn_value slots[RECORDER_SLOTS];
    recorder_log *log;
    recorder_action *action;
    void *arg;
    int number;
    bool cleared;
} recorder;

static void
finalize(tn_object *o)
{
    recorder *r = tn_payload(o);
    recorder_note(r->log, "F", r->number);
    if (r->action != NULL)
        r->action(o, r->arg);
}

static void
clear(tn_object *o)
{
    recorder *r = tn_payload(o);
    if (!r->cleared)
        recorder_note(r->log, "D", r->number);
    r->cleared = true;
}

void
recorder_init(recorder_log *log, tn_heap *heap)
{
    static const char *const slots[] = {"first", "second", "third", NULL};
    *log = (recorder_log){.heap = heap};
    tn_type_spec spec = {.name = "Recorder", .slots = slots, .flags = TN_WEAK};
    spec.native = sizeof(recorder) - offsetof(recorder, log);
    spec.clear = clear;
    spec.finalize = finalize;
    assert_int_equal(tn_type_register(heap, &spec, &log->type), TN_OK);
}

tn_object *
recorder_new(recorder_log *log, int number)
{
    tn_object *o = tn_new(log->heap, log->type);
    assert_non_null(o);
    recorder *r = tn_payload(o);
    r->log = log;
    r->number = number;
    return o;
}

void
recorder_at_end(tn_object *o, recorder_action *action, void *arg)
{
    recorder *r = tn_payload(o);
    r->action = action;
    r->arg = arg;
}

int
recorder_number(const tn_object *o)
{
    return ((recorder *)tn_payload(o))->number;
}

recorder_log *
recorder_log_of(const tn_object *o)
{
    return ((recorder *)tn_payload(o))->log;
}

static void
call_watch(tn_object *weak, void *arg)
{
    recorder_watch *watch = arg;
    assert_null(tn_weak_get(weak));
    recorder_note(watch->log, "W", watch->number);
    if (watch->action != NULL)
        watch->action(weak, watch->arg);
}

tn_object *
recorder_watch_with(recorder_log *log, tn_object *target, int number, recorder_action *action,
                    void *arg)
{
    assert_in_range(log->watch_count, 0, RECORDER_WATCHES - 1);
    recorder_watch *watch = &log->watches[log->watch_count++];
    *watch = (recorder_watch){log, number, action, arg};
    tn_object *weak = NULL;
    assert_int_equal(tn_weak_new_with(target, call_watch, watch, &weak), TN_OK);
    return weak;
}

tn_object *
recorder_watch_new(recorder_log *log, tn_object *target, int number)
{
    return recorder_watch_with(log, target, number, NULL, NULL);
}

tn_object *
recorder_ring(recorder_log *log, int first, int count)
{
    tn_object *start = recorder_new(log, first), *last = start;
    for (int i = 1; i < count; i++) {
        tn_object *next = recorder_new(log, first + i);
        tn_slot_set_steal(last, 0, tn_ref(next));
        last = next;
    }
    tn_slot_set_steal(last, 0, tn_ref(start));
    return start;
}

tn_object *
recorder_dying_new(recorder_log *log, int number, int way)
{
    return way == BY_COUNT ? recorder_new(log, number) : recorder_ring(log, number, 1);
}

void
recorder_let_die(recorder_log *log, tn_object *o, int way)
{
    if (way == BY_COUNT)
        tn_decref(o);
    else
        assert_int_equal(tn_gc_collect(log->heap, 2, NULL), TN_OK);
}

void
recorder_note(recorder_log *log, const char *what, int number)
{
    size_t room = sizeof log->text - log->len;
    const char *space = log->len > 0 ? " " : "";
    int written = snprintf(log->text + log->len, room, "%s%s%d", space, what, number);
    assert_in_range(written, 0, room - 1);
    log->len += (size_t)written;
}

void
recorder_expect(recorder_log *log, const char *text)
{
    assert_string_equal(log->text, text);
    log->len = 0;
    log->text[0] = '\0';
}

size_t
recorder_alive(const recorder_log *log)
{
    return heap_instances(log->heap, "Recorder");
}

// --- Actions -------------------------------------------------------------------------------------

void
recorder_keep(tn_object *o, void *list)
{
    assert_int_equal(tn_list_append(list, tn_ref(o)), TN_OK);
}

void
recorder_check_heap(tn_object *o, void *arg)
{
    assert_true(tn_heap_check(tn_heap_of(o)));
}

void
recorder_cut(tn_object *o, void *arg)
{
    tn_slot_set(o, 0, TN_ABSENT);
}
