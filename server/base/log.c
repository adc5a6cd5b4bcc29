// SPDX-License-Identifier: MIT
//
// log: one JSON object a line on stdout.
//
// Locking: none. A line is one write(2), so lines of several threads do not mix.
#include "base/log.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"debug", "info", "warn", "error"};
static _Atomic int threshold = LOG_INFO;

bool
log_level_parse(const char *name, enum log_level *level)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (strcmp(names[i], name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

void
log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

enum log_level
log_get_level(void)
{
    return (enum log_level)atomic_load(&threshold);
}

const char *
log_level_name(enum log_level level)
{
    return names[level];
}

static void
add_double(struct text *t, double value)
{
    if (isfinite(value))
        text_addf(t, "%.9g", value);
    else
        text_adds(t, "null");
}

static void
add_fields(struct text *t, va_list *fields)
{
    for (const char *name; (name = va_arg(*fields, const char *)) != NULL;) {
        const char *kind = va_arg(*fields, const char *);
        text_add(t, ",", 1);
        text_add_json(t, span_of(name));
        text_add(t, ":", 1);
        switch (kind[0]) {
        case 's':
            text_add_json(t, span_of(va_arg(*fields, const char *)));
            break;
        case 'j': {
            const char *json = va_arg(*fields, const char *);
            text_adds(t, json ? json : "null");
            break;
        }
        case 'd':
            text_add_int(t, va_arg(*fields, long));
            break;
        case 'f':
            add_double(t, va_arg(*fields, double));
            break;
        case 'b':
            text_adds(t, va_arg(*fields, int) ? "true" : "false");
            break;
        default:
            ASSERT(!"a kind of log_event");
        }
    }
}

// A reader that is gone, or a full disk, must not stop the service: what cannot be written is lost.
static void
write_line(const char *line, size_t len)
{
    while (len > 0) {
        ssize_t written = write(STDOUT_FILENO, line, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        line += written;
        len -= (size_t)written;
    }
}

void
log_event(enum log_level level, const char *event, ...)
{
    if ((int)level < atomic_load(&threshold))
        return;
    struct text line;
    text_init(&line);
    text_adds(&line, "{\"time\":");
    text_add_time(&line, clock_ms());
    text_addf(&line, ",\"level\":\"%s\",\"event\":", names[level]);
    text_add_json(&line, span_of(event));
    va_list fields;
    va_start(fields, event);
    add_fields(&line, &fields);
    va_end(fields);
    text_adds(&line, "}\n");
    static const struct span lost = SPAN("{\"level\":\"error\",\"event\":\"log-out-of-memory\"}\n");
    if (line.failed)
        write_line(lost.data, lost.len);
    else
        write_line(line.data, line.len);
    text_fini(&line);
}
