// SPDX-License-Identifier: MIT
#include "inspect/profile.h"

#include "inspect/arena.h"
#include "memory/alloc.h"

#include <string.h>
#include <time.h>

// Lines stand in the order of their first execution.
struct function {
    struct function *next;
    const char *name, *file;
    tn_line *lines;
    size_t count, room;
};

// A call on its way.
struct call {
    struct function *function;
    size_t last; // bytes at the last mark
    size_t at_start;
    double started; // seconds
};

struct tn_profiler {
    const struct tni_memory *memory;
    struct function *functions; // in the order of their first call
    struct call *calls;
    size_t depth, room;
    size_t lost;
    unsigned off;
    FILE *timeline;
};

tn_profiler *
tn_profiler_new(tn_heap *heap)
{
    tn_profiler *p = tni_scratch_resize(NULL, sizeof *p);
    if (p != NULL)
        *p = (tn_profiler){.memory = (const struct tni_memory *)heap};
    return p;
}

void
tn_profiler_free(tn_profiler *p)
{
    while (p != NULL && p->functions != NULL) {
        struct function *f = p->functions;
        p->functions = f->next;
        free(f->lines);
        free(f);
    }
    if (p != NULL)
        free(p->calls);
    free(p);
}

void
tn_profiler_off(tn_profiler *p)
{
    p->off++;
}

void
tn_profiler_on(tn_profiler *p)
{
    p->off -= p->off > 0;
}

// --- Tables --------------------------------------------------------------------------------------

static struct function *
find_function(const tn_profiler *p, const char *name)
{
    struct function *f = p->functions;
    while (f != NULL && strcmp(f->name, name) != 0)
        f = f->next;
    return f;
}

static struct function *
function_of(tn_profiler *p, const tn_site *site)
{
    struct function *f = find_function(p, site->function), **end = &p->functions;
    if (f != NULL)
        return f;
    f = tni_scratch_resize(NULL, sizeof *f);
    if (f == NULL)
        return NULL;
    *f = (struct function){.name = site->function, .file = site->file};
    while (*end != NULL)
        end = &(*end)->next;
    return *end = f;
}

static tn_line *
line_of(struct function *f, int line)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->lines[i].line == line)
            return &f->lines[i];
    if (f->count == f->room) {
        size_t room = f->room * 2 + 16;
        tn_line *lines = tni_scratch_resize(f->lines, room * sizeof *lines);
        if (lines == NULL)
            return NULL;
        f->lines = lines;
        f->room = room;
    }
    f->lines[f->count] = (tn_line){.line = line};
    return &f->lines[f->count++];
}

static struct call *
push(tn_profiler *p)
{
    if (p->depth == p->room) {
        size_t room = p->room * 2 + 16;
        struct call *calls = tni_scratch_resize(p->calls, room * sizeof *calls);
        if (calls == NULL)
            return NULL;
        p->calls = calls;
        p->room = room;
    }
    return &p->calls[p->depth++];
}

// --- Marks ---------------------------------------------------------------------------------------

static double
seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
mib(double bytes)
{
    return bytes / (1024 * 1024);
}

static void
note(tn_profiler *p, struct call *call, int number)
{
    size_t now = tni_in_use(p->memory);
    tn_line *line = line_of(call->function, number);
    if (line == NULL) {
        p->lost++;
        return;
    }
    line->usage = now > line->usage ? now : line->usage;
    line->increment += (int64_t)(now - call->last);
    line->occurrences++;
    call->last = now;
    if (p->timeline != NULL)
        fprintf(p->timeline, "MEM %.6f %.6f\n", mib((double)now), seconds());
}

void
tn_profiler_enter(tn_profiler *p, const tn_site *site)
{
    if (p == NULL || p->off > 0)
        return;
    struct function *function = function_of(p, site);
    struct call *call = function != NULL ? push(p) : NULL;
    if (call == NULL) {
        p->lost++;
        return;
    }
    size_t now = tni_in_use(p->memory);
    *call = (struct call){function, now, now, seconds()};
    note(p, call, site->line);
}

// The innermost call of the function that the mark stands in. What was entered above it and not
// left, because somebody jumped, is over. NULL: the function was not entered.
static struct call *
call_of(tn_profiler *p, const tn_site *site)
{
    for (size_t depth = p->depth; depth > 0; depth--) {
        struct call *call = &p->calls[depth - 1];
        if (strcmp(call->function->name, site->function) == 0) {
            p->depth = depth;
            return call;
        }
    }
    return NULL;
}

void
tn_profiler_line(tn_profiler *p, const tn_site *site)
{
    if (p == NULL || p->off > 0)
        return;
    struct call *call = call_of(p, site);
    if (call != NULL)
        note(p, call, site->line);
}

void
tn_profiler_leave(tn_profiler *p, const tn_site *site)
{
    if (p == NULL || p->off > 0)
        return;
    struct call *call = call_of(p, site);
    if (call == NULL)
        return;
    note(p, call, site->line);
    if (p->timeline != NULL)
        fprintf(p->timeline, "FUNC %s %.6f %.6f %.6f %.6f\n", site->function,
                mib((double)call->at_start), call->started, mib((double)tni_in_use(p->memory)),
                seconds());
    p->depth--;
}

void
tn_profiler_timeline(tn_profiler *p, FILE *out)
{
    p->timeline = out;
}

// --- Reading -------------------------------------------------------------------------------------

static int
by_line(const void *a, const void *b)
{
    const tn_line *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

size_t
tn_profiler_get(const tn_profiler *p, const char *function, tn_line *rows, size_t max)
{
    const struct function *f = find_function(p, function);
    if (f == NULL)
        return 0;
    qsort(f->lines, f->count, sizeof *f->lines, by_line);
    for (size_t i = 0; i < f->count && i < max; i++)
        rows[i] = f->lines[i];
    return f->count;
}

size_t
tn_profiler_lost(const tn_profiler *p)
{
    return p->lost;
}

static FILE *
open_source(const char *root, const char *file)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root != NULL ? root : ".", file);
    return fopen(*file == '/' ? file : path, "r");
}

// What stands in line [number], where the file was read up to the one before.
static const char *
next_line(FILE *source, char *text, int size)
{
    if (source == NULL || fgets(text, size, source) == NULL)
        return "";
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void
report_line(const tn_line *line, int number, int precision, const char *text, FILE *out)
{
    char usage[40] = "", increment[40] = "", occurrences[24] = "";
    if (line != NULL) {
        int width = precision + 4;
        snprintf(usage, sizeof usage, "%*.*f MiB", width, precision, mib((double)line->usage));
        snprintf(increment, sizeof increment, "%*.*f MiB", width, precision,
                 mib((double)line->increment));
        snprintf(occurrences, sizeof occurrences, "%zu", line->occurrences);
    }
    fprintf(out, "%6d %12s %12s  %10s   %s\n", number, usage, increment, occurrences, text);
}

static void
report_function(const struct function *f, int precision, const char *root, FILE *out)
{
    char text[400];
    fprintf(out, "Filename: %s\n\n", f->file);
    FILE *source = open_source(root, f->file);
    int length = fprintf(out, "%6s %12s %12s  %10s   %s\n", "Line #", "Mem usage", "Increment",
                         "Occurrences", "Line Contents");
    for (int i = 1; i < length; i++)
        putc('=', out);
    putc('\n', out);
    qsort(f->lines, f->count, sizeof *f->lines, by_line);
    for (int i = 1; i < f->lines[0].line; i++)
        (void)next_line(source, text, sizeof text);
    size_t at = 0;
    for (int i = f->lines[0].line; at < f->count; i++) {
        const tn_line *line = f->lines[at].line == i ? &f->lines[at++] : NULL;
        report_line(line, i, precision, next_line(source, text, sizeof text), out);
    }
    fputs("\n\n", out);
    if (source != NULL)
        fclose(source);
}

tn_err
tn_profiler_report(const tn_profiler *p, int precision, const char *root, FILE *out)
{
    for (const struct function *f = p->functions; f != NULL; f = f->next)
        if (f->count > 0)
            report_function(f, precision, root, out);
    return fflush(out) == 0 && !ferror(out) ? TN_OK : TN_EFILE;
}
