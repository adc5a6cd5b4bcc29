// SPDX-License-Identifier: MIT
//
// text: reads nothing but the report.
#include "text.h"

static const char *const quantiles[] = {"mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"};

enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

static double
number_at(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static const char *
string_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "?";
}

static void
write_title(const json_t *report, FILE *f)
{
    const json_t *o = json_object_get(report, "options");
    fprintf(f,
            "%s, %.0f users of %.0f sessions, keys %s, %.0f/s %s for %g s, seed %.0f: %.1f/s\n\n",
            string_at(o, "scenario"), number_at(o, "users"), number_at(o, "sessions"),
            string_at(o, "keys"), number_at(o, "rate"), string_at(o, "arrivals"),
            number_at(o, "duration"), number_at(o, "seed"), number_at(report, "rate"));
}

// --- Latencies ---------------------------------------------------------------------------------

static void
write_row(const char *name, const json_t *latency, FILE *f)
{
    fprintf(f, "%-9s %9.0f", name, number_at(latency, "count"));
    for (int i = 0; i < QUANTILES; i++)
        fprintf(f, " %9.3f", number_at(latency, quantiles[i]));
    fputs("\n", f);
}

static void
write_latencies(const json_t *report, FILE *f)
{
    const char *name;
    json_t *latency, *asks = json_object_get(report, "by_ask_ms");
    fprintf(f, "%-9s %9s", "ms", "count");
    for (int i = 0; i < QUANTILES; i++)
        fprintf(f, " %9s", quantiles[i]);
    fputs("\n", f);
    json_object_foreach(asks, name, latency) write_row(name, latency, f);
    write_row("all", json_object_get(report, "latency_ms"), f);
    write_row("our lag", json_object_get(report, "lag_ms"), f);
}

// --- The rest ----------------------------------------------------------------------------------

static void
write_statuses(const json_t *report, FILE *f)
{
    const char *name;
    json_t *count;
    fputs("\nstatus   ", f);
    json_object_foreach(json_object_get(report, "statuses"), name, count)
        fprintf(f, " %s: %lld", name, (long long)json_integer_value(count));
    fputs("\n", f);
}

static void
write_cache(const json_t *report, FILE *f)
{
    const json_t *c = json_object_get(report, "cache");
    if (json_is_number(json_object_get(c, "ratio")))
        fprintf(f, "cache     %.2f %% hits of %.0f, %.0f loads, %.0f coalesced\n",
                number_at(c, "ratio") * 100, number_at(c, "hits") + number_at(c, "misses"),
                number_at(c, "loads"), number_at(c, "coalesced"));
}

static void
write_collections(const json_t *report, FILE *f)
{
    const json_t *all = json_object_get(report, "collections"), *one;
    double found = 0, pause = 0;
    size_t i;
    json_array_foreach(all, i, one)
    {
        found += number_at(one, "collected");
        if (number_at(one, "pause_ms") > pause)
            pause = number_at(one, "pause_ms");
    }
    fprintf(f, "collected %zu times, %.0f objects, longest pause %.3f ms\n", json_array_size(all),
            found, pause);
}

static void
write_memory(const json_t *report, FILE *f)
{
    const json_t *all = json_object_get(report, "samples"), *last;
    if (json_array_size(all) == 0)
        return;
    last = json_array_get(all, json_array_size(all) - 1);
    fprintf(f, "memory    %.1f MB in the heaps, %.1f MB resident, %.0f users in the cache\n",
            number_at(last, "traced") / 1e6, number_at(last, "rss") / 1e6,
            number_at(last, "resident"));
}

void
text_write(const json_t *report, FILE *f)
{
    write_title(report, f);
    write_latencies(report, f);
    write_statuses(report, f);
    write_cache(report, f);
    write_collections(report, f);
    write_memory(report, f);
}
