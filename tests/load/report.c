// SPDX-License-Identifier: MIT
//
// report: members in the order in which a reader asks.
#include "report.h"

#include "must.h"

#include <string.h>
#include <time.h>

#define LAG_SHARE 0.99

static double
ms_of(double ns)
{
    return ns / 1e6;
}

static double
quantile_ms(const struct histogram *h, double share)
{
    return ms_of((double)histogram_quantile(h, share));
}

bool
report_is_void(const struct report *r)
{
    return quantile_ms(&r->tally->lag, LAG_SHARE) > r->options->lag_ms;
}

static json_t *
latency_of(const struct histogram *h)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)h->total,
                     "mean", ms_of(histogram_mean(h)), "p50", quantile_ms(h, 0.5), "p90",
                     quantile_ms(h, 0.9), "p99", quantile_ms(h, 0.99), "p99.9",
                     quantile_ms(h, 0.999), "p99.99", quantile_ms(h, 0.9999), "max",
                     ms_of((double)h->most));
}

static json_t *
latencies_of(const struct tally *t)
{
    json_t *all = json_object();
    for (int i = 0; i < ASK_COUNT; i++)
        if (t->asks[i].total)
            json_object_set_new(all, ask_names[i], latency_of(&t->asks[i]));
    return all;
}

static json_t *
statuses_of(const struct tally *t)
{
    json_t *all = json_object();
    char name[16];
    for (int i = 0; i < TALLY_STATUSES; i++) {
        snprintf(name, sizeof name, "%d", i);
        if (t->statuses[i])
            json_object_set_new(all, i ? name : "no reply",
                                json_integer((json_int_t)t->statuses[i]));
    }
    return all;
}

static json_t *
ratio_of(uint64_t hits, uint64_t misses)
{
    return hits + misses ? json_real((double)hits / (double)(hits + misses)) : json_null();
}

// --- Seconds -----------------------------------------------------------------------------------

static json_t *
second_of(const struct second *s, size_t number)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:f, s:f, s:f}", "t", (json_int_t)number,
                     "due", (json_int_t)s->due, "errors", (json_int_t)s->errors, "hits",
                     (json_int_t)s->hits, "misses", (json_int_t)s->misses, "ratio",
                     ratio_of(s->hits, s->misses), "p50", quantile_ms(&s->latency, 0.5), "p99",
                     quantile_ms(&s->latency, 0.99), "max", ms_of((double)s->latency.most));
}

static json_t *
seconds_of(const struct tally *t)
{
    json_t *all = json_array();
    for (size_t i = 0; i < t->second_count; i++)
        json_array_append_new(all, second_of(&t->seconds[i], i));
    return all;
}

// --- All of it ---------------------------------------------------------------------------------

static json_t *
options_of(const struct options *o)
{
    json_t *shown = json_pack("{s:s, s:s, s:s, s:f, s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:I}",
                              "scenario", o->scenario->name, "keys", keys_names[o->keys],
                              "arrivals", o->poisson ? "poisson" : "constant", "rate", o->rate,
                              "users", (json_int_t)o->users, "sessions", (json_int_t)o->per_user,
                              "payload", (json_int_t)o->payload, "warmup", o->warmup, "duration",
                              o->seconds, "seed", (json_int_t)o->seed, "threads",
                              (json_int_t)o->threads, "connections", (json_int_t)o->connections);
    json_t *mix = o->has_mix ? json_object() : NULL;
    for (int i = 0; mix && i < ASK_COUNT; i++)
        if (o->mix[i])
            json_object_set_new(mix, ask_names[i], json_integer((json_int_t)o->mix[i]));
    if (mix)
        json_object_set_new(shown, "mix", mix);
    return shown;
}

static json_t *
time_of(int64_t ms)
{
    char text[40];
    time_t s = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&s, &t);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t);
    return json_string(text);
}

// What a figure grew by between the first and the last look.
static double
grown(const json_t *samples, const char *name)
{
    size_t n = json_array_size(samples);
    if (n == 0)
        return 0;
    return json_number_value(json_object_get(json_array_get(samples, n - 1), name)) -
           json_number_value(json_object_get(json_array_get(samples, 0), name));
}

static json_t *
cache_of(const struct report *r)
{
    return json_pack(
        "{s:I, s:I, s:o, s:f, s:f}", "hits", (json_int_t)r->tally->hits, "misses",
        (json_int_t)r->tally->misses, "ratio", ratio_of(r->tally->hits, r->tally->misses), "loads",
        grown(r->watch->samples, "loads"), "coalesced", grown(r->watch->samples, "coalesced"));
}

json_t *
report_new(const struct report *r)
{
    const struct tally *t = r->tally;
    json_t *root =
        json_pack("{s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:O, s:O}", "started_at",
                  time_of(r->start_ms), "options", options_of(r->options), "rate",
                  (double)t->all.total / r->options->seconds, "latency_ms", latency_of(&t->all),
                  "by_ask_ms", latencies_of(t), "lag_ms", latency_of(&t->lag), "statuses",
                  statuses_of(t), "cache", cache_of(r), "seconds", seconds_of(t), "samples",
                  r->watch->samples, "collections", r->watch->collections);
    must(root != NULL, "out of memory for the report");
    return root;
}
