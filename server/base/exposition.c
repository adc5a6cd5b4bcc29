// SPDX-License-Identifier: MIT
//
// exposition: figures as Prometheus reads them.
//
// The labels of a sample are written once, into a text of their own, because the lines of a
// histogram repeat them.
#include "base/exposition.h"
#include "base/assert.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void
exposition_begin(struct exposition *e, const char *name, enum exposition_kind kind,
                 const char *help)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    e->name = name;
    text_addf(e->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kinds[kind]);
}

// --- Labels --------------------------------------------------------------------------------------

static void
add_escaped(struct text *t, const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if (*p == '\n')
            text_adds(t, "\\n");
        else
            text_addf(t, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
}

// name="value", joined by commas.
static void
write_labels(struct text *t, va_list *labels)
{
    text_init(t);
    for (const char *name; (name = va_arg(*labels, const char *)) != NULL;) {
        const char *value = va_arg(*labels, const char *);
        ASSERT(value != NULL);
        text_addf(t, "%s%s=\"", t->len > 0 ? "," : "", name);
        add_escaped(t, value);
        text_adds(t, "\"");
    }
}

// --- Samples -------------------------------------------------------------------------------------

// Whole numbers as such: a counter of bytes must not lose its last digits.
static void
add_value(struct text *t, double value)
{
    ASSERT(isfinite(value));
    bool is_whole = fabs(value) < 1e17 && value == (double)(int64_t)value;
    text_addf(t, is_whole ? " %.0f\n" : " %.15g\n", value);
}

// [more] is one more label, or NULL.
static void
add_line(struct exposition *e, const char *suffix, const struct text *labels, const char *more,
         double value)
{
    struct text *t = e->text;
    text_addf(t, "%s%s", e->name, suffix);
    if (labels->len > 0 || more != NULL) {
        text_adds(t, "{");
        text_add(t, labels->data, labels->len);
        text_adds(t, labels->len > 0 && more != NULL ? "," : "");
        text_adds(t, more != NULL ? more : "");
        text_adds(t, "}");
    }
    add_value(t, value);
    t->failed |= labels->failed;
}

void
exposition_add(struct exposition *e, double value, ...)
{
    struct text labels;
    va_list list;
    va_start(list, value);
    write_labels(&labels, &list);
    va_end(list);
    add_line(e, "", &labels, NULL, value);
    text_fini(&labels);
}

// The count is that of the last bucket, so that the two agree whatever is added meanwhile.
static void
add_buckets(struct exposition *e, const struct histogram *h, const struct text *labels)
{
    uint64_t count = 0;
    char le[32];
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += h->counts[i];
        snprintf(le, sizeof le, "le=\"%s\"", i < HISTOGRAM_BOUNDS ? histogram_bounds[i] : "+Inf");
        add_line(e, "_bucket", labels, le, (double)count);
    }
    add_line(e, "_sum", labels, NULL, (double)h->sum_ns / 1e9);
    add_line(e, "_count", labels, NULL, (double)count);
}

void
exposition_add_histogram(struct exposition *e, const struct histogram *h, ...)
{
    struct text labels;
    va_list list;
    va_start(list, h);
    write_labels(&labels, &list);
    va_end(list);
    add_buckets(e, h, &labels);
    text_fini(&labels);
}

void
exposition_add_one(struct exposition *e, const char *name, enum exposition_kind kind,
                   const char *help, double value)
{
    exposition_begin(e, name, kind, help);
    exposition_add(e, value, NULL);
}
