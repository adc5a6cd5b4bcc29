// SPDX-License-Identifier: MIT
//
// dump: the maintenance thread writes records into a temporary file; a thread of the dump's own
// turns that into a second one, without any lock, from which the listener sends the reply.
//
// Both files together may have dump.max_bytes. They have no names and are gone with their
// descriptors.
#include "admin/dump.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/spool.h"
#include "gc/heapdump.h"
#include "http/body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { LIMIT_S = 300, FOLDER = 4096, NICE = 15 };

static const struct json_limits LIMITS = {.depth = 4, .members = 16, .string = 256};

struct format {
    const char *name, *type, *ending;
    tn_err (*write)(FILE *records, FILE *out, tn_dump_counts *counts);
};

struct dumping {
    struct request *request;
    const struct admin *admin;
    struct dumps *dumps;
    const struct format *format;
    uint64_t start_ns;
    struct spool_bound bound;
    struct spool records, out;
    struct heapdump dump;
    enum jobs_answer answer;
    const char *running; // what is asked instead
    tn_dump_counts counts;
    const char *_Atomic stopped; // "cancelled", "deadline" or "abandoned"; NULL
};

// --- Formats -------------------------------------------------------------------------------------

static tn_err
write_snapshot(FILE *records, FILE *out, tn_dump_counts *counts,
               tn_err (*write)(const tn_snapshot *snapshot, FILE *out))
{
    tn_snapshot *snapshot;
    tn_err err = tn_dump_snapshot(records, counts, &snapshot);
    if (err != TN_OK)
        return err;
    err = write(snapshot, out);
    tn_snapshot_free(snapshot);
    return err;
}

static tn_err
write_pprof(FILE *records, FILE *out, tn_dump_counts *counts)
{
    return write_snapshot(records, out, counts, tn_snapshot_write_pprof);
}

static tn_err
write_collapsed(FILE *records, FILE *out, tn_dump_counts *counts)
{
    return write_snapshot(records, out, counts, tn_snapshot_write_collapsed);
}

static const struct format formats[] = {
    {"heapsnapshot", "application/json", "heapsnapshot", tn_dump_write_heapsnapshot},
    {"pprof", "application/octet-stream", "pb.gz", write_pprof},
    {"ndjson", "application/x-ndjson", "ndjson", tn_dump_write_ndjson},
    {"collapsed", "text/plain; charset=utf-8", "collapsed.txt", write_collapsed},
};

// --- When it ends early --------------------------------------------------------------------------

static bool
may_go_on(void *arg)
{
    struct dumping *d = arg;
    if (jobs_is_cancelled(d->admin->jobs))
        d->stopped = "cancelled";
    else if (clock_monotonic_ns() - d->start_ns > LIMIT_S * UINT64_C(1000000000))
        d->stopped = "deadline";
    else if (request_is_abandoned(d->request))
        d->stopped = "abandoned";
    return d->stopped == NULL;
}

static void
refuse_file(struct dumping *d, int error)
{
    struct request *r = d->request;
    if (error == EFBIG)
        reply_problem(r, "dump-too-large", "It needs more than the %jd bytes of dump.max_bytes.",
                      (intmax_t)d->bound.limit);
    else if (error == ENOSPC || error == EDQUOT)
        reply_problem(r, "no-room", "There is no room for the dump's temporary files.");
    else
        reply_problem(r, "store-unavailable", "The dump's temporary files cannot be written.");
}

static void
refuse(struct dumping *d, tn_err err)
{
    struct request *r = d->request;
    if (jobs_is_cancelled(d->admin->jobs))
        reply_problem(r, "shutting-down", "The service is about to stop.");
    else if (d->answer == JOBS_BUSY)
        reply_problem(r, "operation-in-progress", "A %s is running.", d->running);
    else if (d->stopped != NULL || d->dump.question.stopped != NULL)
        reply_problem(r, "overdue", "The dump took too long, or nobody waits for it.");
    else if (err == TN_ENOMEM)
        reply_problem(r, "out-of-memory", "There is no memory for the dump.");
    else
        refuse_file(d, d->bound.error);
}

// --- The thread ----------------------------------------------------------------------------------

// Beside the store, where there is room for what is in memory; without a store's file, where the
// system has temporary files.
static void
choose_folder(const struct config *c, char folder[FOLDER])
{
    const char *system = getenv("TMPDIR");
    if (strcmp(c->store_kind, "sqlite") == 0)
        spool_folder_of(c->store_path, folder, FOLDER);
    else
        snprintf(folder, FOLDER, "%s", system != NULL && *system != '\0' ? system : "/tmp");
}

static bool
open_files(struct dumping *d)
{
    char folder[FOLDER];
    choose_folder(d->admin->domain->config, folder);
    bool opened =
        spool_open(&d->records, folder, &d->bound) && spool_open(&d->out, folder, &d->bound);
    if (!opened)
        d->bound.error = errno;
    return opened;
}

static tn_err
produce(struct dumping *d)
{
    if (!open_files(d))
        return TN_EFILE;
    d->dump.domain = d->admin->domain;
    d->dump.records = d->records.stream;
    d->dump.may_go_on = may_go_on;
    d->dump.arg = d;
    d->answer = heapdump_take(&d->dump, d->admin->jobs, &d->running);
    if (!d->dump.complete)
        return d->dump.error;
    return d->format->write(d->records.stream, d->out.stream, &d->counts);
}

static void
reply_dump(struct dumping *d, int file)
{
    struct request *r = d->request;
    reply_from_file(r, 200, d->format->type, file, d->out.size);
    reply_header(r, "Content-Disposition", "attachment; filename=\"tenured-%jd.%s\"",
                 (intmax_t)clock_ms(), d->format->ending);
    reply_header(r, "X-Tenured-Dump", "objects=%zu,dropped=%zu", d->counts.objects,
                 d->counts.dropped);
}

static void
log_dump(const struct dumping *d, tn_err err)
{
    const char *error = err != TN_OK ? tn_strerror(err) : NULL, *stopped = d->stopped;
    stopped = stopped != NULL ? stopped : d->dump.question.stopped;
    log_event(LOG_INFO, "dump", "format", "s", d->format->name, "values", "b",
              (int)d->dump.include_values, "objects", "d", (long)d->counts.objects, "dropped", "d",
              (long)d->counts.dropped, "record_bytes", "d", (long)d->records.size, "bytes", "d",
              (long)d->out.size, "slices", "d", (long)d->dump.question.slices, "hold_max_seconds",
              "f", (double)d->dump.question.pause_max_ns / 1e9, "work_max_seconds", "f",
              (double)d->dump.work_max_ns / 1e9, "seconds", "f",
              (clock_monotonic_ns() - d->start_ns) / 1e9, "stopped", "s", stopped, "error", "s",
              error, NULL);
}

// The request may be over, and [d] freed, as soon as it is resumed.
static void *
run(void *arg)
{
    struct dumping *d = arg;
    setpriority(PRIO_PROCESS, 0, NICE); // of this thread: everybody else goes first
    tn_err err = produce(d);
    bool fine = err == TN_OK && d->dump.complete;
    int file = fine ? spool_take_file(&d->out) : -1;
    log_dump(d, fine && file < 0 ? TN_EFILE : err);
    if (file >= 0)
        reply_dump(d, file);
    else
        refuse(d, err);
    spool_close(&d->records);
    spool_close(&d->out);
    request_resume(d->request);
    return NULL;
}

// --- The request ---------------------------------------------------------------------------------

static const struct format * /* borrowed */
find_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

static bool
read_wish(struct request *r, const json_t *body, const struct format **format, bool *values)
{
    const json_t *name = body_borrow(body, "format");
    if (!body_get_bool(r, body, "include_values", values))
        return false;
    *format = name == NULL ? &formats[0] : NULL;
    if (name != NULL && json_is_string(name))
        *format = find_format(json_string_value(name));
    if (*format == NULL)
        reply_problem(r, "invalid-body",
                      "format must be heapsnapshot, pprof, ndjson or collapsed.");
    return *format != NULL;
}

static void
release(void *state)
{
    struct dumping *d = state;
    d->dumps->busy = false;
    free(d);
}

static struct dumping *
dumping_new(struct request *r, const struct format *format, bool values)
{
    struct admin *admin = r->app;
    struct dumping *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->request = r;
    d->admin = admin;
    d->dumps = &admin->dumps;
    d->format = format;
    d->dump.include_values = values;
    d->start_ns = clock_monotonic_ns();
    d->bound = (struct spool_bound){
        .limit = (uint64_t)admin->domain->config->dump_max_bytes, .may_go_on = may_go_on, .arg = d};
    return d;
}

void
dumps_fini(struct dumps *d)
{
    if (d->has_thread)
        pthread_join(d->thread, NULL);
    d->has_thread = false;
}

// The dump before is over, and its thread about to end, if it has not.
static void
start(struct request *r, struct dumping *d)
{
    struct dumps *dumps = d->dumps;
    dumps_fini(dumps);
    r->state = d;
    r->state_free = release;
    request_suspend(r, NULL);
    dumps->has_thread = pthread_create(&dumps->thread, NULL, run, d) == 0;
    if (dumps->has_thread)
        return;
    reply_problem(r, "out-of-memory", "There is no thread for the dump.");
    request_resume(r);
}

static void
begin(struct request *r, const struct format *format, bool values)
{
    struct dumps *dumps = &((struct admin *)r->app)->dumps;
    if (atomic_exchange(&dumps->busy, true)) {
        reply_problem(r, "operation-in-progress", "Another dump is taken, or being sent.");
        return;
    }
    struct dumping *d = dumping_new(r, format, values);
    if (d != NULL) {
        start(r, d);
        return;
    }
    dumps->busy = false;
    reply_problem(r, "out-of-memory", "There is no memory for the request.");
}

void
dump_take(struct request *r)
{
    static const char *const names[] = {"format", "include_values", NULL};
    const struct format *format = NULL;
    bool values = false;
    json_t *body = NULL;
    bool read = quota_allow(r) && body_read_optional(r, &LIMITS, names, &body) &&
                read_wish(r, body, &format, &values);
    json_decref(body);
    if (read)
        begin(r, format, values);
}
