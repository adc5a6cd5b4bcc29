// SPDX-License-Identifier: MIT
//
// watch: three questions a second.
#include "watch.h"

#include "must.h"

#include <time.h>

enum { STEP_MS = 1000, NAP_MS = 10 };

int64_t
watch_read_time(const char *text)
{
    struct tm t = {0};
    int ms = 0;
    if (!text || sscanf(text, "%d-%d-%dT%d:%d:%d.%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
                        &t.tm_min, &t.tm_sec, &ms) != 7)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return (int64_t)timegm(&t) * 1000 + ms;
}

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static double
number_at(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

// --- Two lists ---------------------------------------------------------------------------------

static void
add_sample(struct watch *w)
{
    json_t *cache = admin_call(&w->admin, "/v1/cache", NULL);
    json_t *memory = admin_call(&w->admin, "/v1/memory", NULL);
    if (cache && memory)
        json_array_append_new(
            w->samples,
            json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "t",
                      (double)(now_ms() - w->start_ms) / 1000, "resident",
                      number_at(cache, "resident"), "kept", number_at(cache, "kept"), "loads",
                      number_at(cache, "loads"), "coalesced", number_at(cache, "coalesced"),
                      "traced", number_at(json_object_get(memory, "traced"), "current"), "rss",
                      number_at(memory, "rss")));
    json_decref(cache);
    json_decref(memory);
}

static void
add_run(struct watch *w, const json_t *run)
{
    const json_t *before = json_object_get(run, "before"), *after = json_object_get(run, "after");
    const char *ended = json_string_value(json_object_get(run, "ended_at"));
    const char *operation = json_string_value(json_object_get(run, "operation"));
    const char *cause = json_string_value(json_object_get(run, "cause"));
    json_array_append_new(w->collections,
                          json_pack("{s:f, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "t",
                                    (double)(watch_read_time(ended) - w->start_ms) / 1000,
                                    "operation", operation ? operation : "", "cause",
                                    cause ? cause : "", "generation", number_at(run, "generation"),
                                    "collected", number_at(run, "collected"), "seconds",
                                    number_at(run, "seconds"), "slices", number_at(run, "slices"),
                                    "pause_ms", number_at(run, "pause_max_seconds") * 1000,
                                    "resident_before", number_at(before, "users_resident"),
                                    "resident_after", number_at(after, "users_resident")));
}

// The history begins with the last run.
static void
add_runs(struct watch *w, bool counted)
{
    json_t *reply = admin_call(&w->admin, "/v1/gc/history?limit=200", NULL);
    const json_t *items = json_object_get(reply, "items");
    for (size_t i = json_array_size(items); i-- > 0;) {
        const json_t *run = json_array_get(items, i);
        if (number_at(run, "number") <= w->last_run)
            continue;
        w->last_run = number_at(run, "number");
        if (counted)
            add_run(w, run);
    }
    json_decref(reply);
}

// --- The thread --------------------------------------------------------------------------------

static void
look(struct watch *w)
{
    add_sample(w);
    add_runs(w, true);
}

static void *
watch(void *arg)
{
    struct watch *w = arg;
    for (int64_t due = w->start_ms; !w->enough;) {
        if (now_ms() < due) {
            nanosleep(&(struct timespec){0, NAP_MS * 1000000}, NULL);
            continue;
        }
        look(w);
        due += STEP_MS;
    }
    return NULL;
}

void
watch_init(struct watch *w, const char *address, const char *token)
{
    *w = (struct watch){.samples = json_array(), .collections = json_array()};
    must(w->samples && w->collections, "out of memory");
    admin_init(&w->admin, address, token);
}

void
watch_start(struct watch *w, int64_t start_ms)
{
    w->start_ms = start_ms;
    add_runs(w, false);
    must(pthread_create(&w->thread, NULL, watch, w) == 0, "no thread can be started");
}

void
watch_stop(struct watch *w)
{
    w->enough = true;
    pthread_join(w->thread, NULL);
    look(w);
}

void
watch_fini(struct watch *w)
{
    admin_fini(&w->admin);
    json_decref(w->samples);
    json_decref(w->collections);
}
