// SPDX-License-Identifier: MIT
//
// tenure-load: fills a service with people, asks at a rate that does not wait for it, and reports.
//
// Exit 0: a report; 1: the service could not be used; 2: a wrong option; 3: the generator itself
// lagged, so nothing that it saw says anything about the service.
#include "must.h"
#include "report.h"
#include "text.h"
#include "worker.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct load {
    struct options options;
    struct crew crew;
    struct watch watch;
};

// --- Before the run ----------------------------------------------------------------------------

// One descriptor a connection, and some.
static void
allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void
read_people(struct crew *crew, const char *path)
{
    FILE *f = path ? fopen(path, "re") : NULL;
    if (!f)
        return;
    must(people_read(&crew->people, f), "the file of people does not fit the options");
    crew->known = true;
    fclose(f);
}

static void
write_people(const struct crew *crew, const char *path)
{
    if (!path)
        return;
    FILE *f = fopen(path, "we");
    must(f != NULL, "the file of people cannot be written");
    people_write(&crew->people, f);
    must(fclose(f) == 0, "the file of people cannot be written");
}

static void
prepare(void *arg)
{
    struct load *l = arg;
    if (!l->options.scenario->cold)
        return;
    json_t *done = admin_call(&l->watch.admin, "/v1/gc/collect", "{\"generation\":2}");
    must(done != NULL, "the admin plane does not collect");
    json_decref(done);
}

// --- Progress ----------------------------------------------------------------------------------

static void
nap(void)
{
    nanosleep(&(struct timespec){0, 50000000}, NULL);
}

static void
show_filling(const struct load *l)
{
    uint64_t shown = wire_now();
    while (!l->crew.running) {
        nap();
        if (l->options.quiet || wire_now() - shown < 1000000000)
            continue;
        shown = wire_now();
        fprintf(stderr, "filling: %zu requests\n", (size_t)l->crew.filled);
    }
}

static void
show_second(const struct load *l, size_t number)
{
    struct second s = tally_second(l->crew.tallies, l->options.threads, number);
    fprintf(stderr, "%4zu s %7u answered, p50 %.3f, p99 %.3f, max %.3f ms, %u errors", number,
            s.due, (double)histogram_quantile(&s.latency, 0.5) / 1e6,
            (double)histogram_quantile(&s.latency, 0.99) / 1e6, (double)s.latency.most / 1e6,
            s.errors);
    if (s.hits + s.misses)
        fprintf(stderr, ", %.1f %% hits", 100.0 * s.hits / (s.hits + s.misses));
    fputs("\n", stderr);
    histogram_fini(&s.latency);
}

static bool
is_over(const struct load *l)
{
    return l->crew.finished == l->options.threads;
}

// A second is shown when the one after it is over, and at the end.
static void
show_run(const struct load *l)
{
    for (size_t shown = 0; shown < l->crew.tallies[0].second_count;) {
        uint64_t passed = (wire_now() - l->crew.start_ns) / 1000000000;
        if (!is_over(l) && passed < shown + 2) {
            nap();
            continue;
        }
        if (!l->options.quiet)
            show_second(l, shown);
        shown++;
    }
    while (!is_over(l))
        nap();
}

// --- After the run -----------------------------------------------------------------------------

static FILE *
open_or_end(const char *path)
{
    FILE *f = fopen(path, "we");
    must(f != NULL, "a report cannot be written");
    return f;
}

static void
write_files(const struct options *o, const struct tally *t, const json_t *report)
{
    if (o->json) {
        FILE *f = open_or_end(o->json);
        json_dumpf(report, f, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
        must(fclose(f) == 0, "a report cannot be written");
    }
    if (o->hgrm) {
        FILE *f = open_or_end(o->hgrm);
        histogram_write_hgrm(&t->all, f);
        must(fclose(f) == 0, "a report cannot be written");
    }
}

static int
refuse(const struct tally *sum, const struct options *o)
{
    fprintf(
        stderr,
        "tenure-load: no report, because the generator lagged: one request in a hundred left "
        "%.3f ms late or more, and %g are allowed (--lag). Ask for less, or with more threads.\n",
        (double)histogram_quantile(&sum->lag, 0.99) / 1e6, o->lag_ms);
    return EXIT_LAGGED;
}

static int
report(struct load *l)
{
    struct tally sum;
    tally_init(&sum, l->options.warmup, l->options.seconds);
    for (unsigned i = 0; i < l->options.threads; i++)
        tally_merge(&sum, &l->crew.tallies[i]);
    struct report r = {
        .options = &l->options, .tally = &sum, .watch = &l->watch, .start_ms = l->crew.start_ms};
    int status = 0;
    if (report_is_void(&r)) {
        status = refuse(&sum, &l->options);
    } else {
        json_t *json = report_new(&r);
        text_write(json, stdout);
        write_files(&l->options, &sum, json);
        json_decref(json);
    }
    tally_fini(&sum);
    return status;
}

static int
run_load(struct load *l)
{
    crew_init(&l->crew, &l->options);
    watch_init(&l->watch, l->options.admin, getenv("TENURE_LOAD_ADMIN_TOKEN"));
    l->crew.before_run = prepare;
    l->crew.arg = l;
    read_people(&l->crew, l->options.people);
    crew_start(&l->crew);
    show_filling(l);
    watch_start(&l->watch, l->crew.start_ms);
    show_run(l);
    crew_join(&l->crew);
    watch_stop(&l->watch);
    write_people(&l->crew, l->options.people);
    int status = report(l);
    watch_fini(&l->watch);
    crew_fini(&l->crew);
    return status;
}

int
main(int argc, char **argv)
{
    struct load l = {0};
    char error[256] = "";
    if (!options_read(&l.options, argc, argv, error, sizeof error)) {
        if (error[0])
            fprintf(stderr, "tenure-load: %s\n", error);
        else
            options_print_help(stdout);
        return error[0] ? EXIT_USAGE : 0;
    }
    allow_descriptors();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = run_load(&l);
    curl_global_cleanup();
    return status;
}
