// SPDX-License-Identifier: MIT
//
// scrape: line by line, with what the lines before have said.
#include "scrape.h"
#include "support.h"

#include <ctype.h>
#include <math.h>

enum {
    NAME_SIZE = 128,
    LABELS_SIZE = 512,
    VALUE_SIZE = 256,
    MOST_SERIES = 8192,
    MOST_METRICS = 512
};

struct sample {
    char name[NAME_SIZE], labels[LABELS_SIZE], le[VALUE_SIZE]; // labels without le
    double value;
};

struct reading {
    // The metric that was begun.
    char metric[NAME_SIZE], kind[16];
    bool has_kind;
    // The histogram whose buckets are being read.
    struct sample bucket; // the last one; its name is "" before the first
    bool has_sum;
    // All so far.
    char *names[MOST_METRICS], *series[MOST_SERIES];
    size_t name_count, series_count;
    const char *line; // for the message
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%.*s: not %s", (int)strcspn(r->line, "\n"), r->line, #condition);            \
    } while (0)

static void
keep_once(const struct reading *r, char **list, size_t *count, size_t most, const char *word)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i], word) == 0)
            fail_msg("%.*s: stands there twice", (int)strcspn(r->line, "\n"), r->line);
    MUST(*count < most);
    list[(*count)++] = strdup(word);
}

static bool
is_suffix(const char *word, const char *suffix)
{
    size_t len = strlen(word), end = strlen(suffix);
    return len > end && strcmp(word + len - end, suffix) == 0;
}

// --- Words ---------------------------------------------------------------------------------------

static const char *
take_name(const struct reading *r, const char *p, char name[NAME_SIZE])
{
    size_t len = 0;
    MUST(isalpha((unsigned char)*p) || *p == '_');
    while (isalnum((unsigned char)p[len]) || p[len] == '_')
        len++;
    MUST(len < NAME_SIZE);
    snprintf(name, NAME_SIZE, "%.*s", (int)len, p);
    return p + len;
}

// Between quotes; the only escapes are \\, \" and \n.
static const char *
take_label_value(const struct reading *r, const char *p, char *value, size_t size)
{
    size_t len = 0;
    MUST(*p == '"');
    for (p++; *p != '"'; p++) {
        MUST(*p != '\0' && *p != '\n' && len + 2 < size);
        if (*p == '\\') {
            value[len++] = *p++;
            MUST(*p != '\0' && strchr("\\\"n", *p));
        }
        value[len++] = *p;
    }
    value[len] = '\0';
    return p + 1;
}

static const char *
take_labels(const struct reading *r, const char *p, struct sample *s)
{
    char name[NAME_SIZE], value[VALUE_SIZE];
    size_t len = 0;
    do {
        p = take_name(r, p + 1, name);
        MUST(*p == '=');
        p = take_label_value(r, p + 1, value, sizeof value);
        if (strcmp(name, "le") == 0)
            snprintf(s->le, sizeof s->le, "%s", value);
        else
            len += (size_t)snprintf(s->labels + len, LABELS_SIZE - len, "%s=\"%s\",", name, value);
        MUST(len < LABELS_SIZE);
    } while (*p == ',');
    MUST(*p == '}');
    return p + 1;
}

static const char *
take_sample(const struct reading *r, const char *p, struct sample *s)
{
    char *end;
    *s = (struct sample){0};
    p = take_name(r, p, s->name);
    if (*p == '{')
        p = take_labels(r, p, s);
    MUST(*p == ' ' && (isdigit((unsigned char)p[1]) || p[1] == '-'));
    s->value = strtod(p + 1, &end);
    MUST(isfinite(s->value));
    return end;
}

// --- Samples of each kind ------------------------------------------------------------------------

static void
take_bucket(struct reading *r, const struct sample *s)
{
    bool is_first = r->bucket.name[0] == '\0';
    MUST(s->le[0] != '\0');
    if (!is_first) {
        MUST(strcmp(s->labels, r->bucket.labels) == 0);
        MUST(strtod(s->le, NULL) > strtod(r->bucket.le, NULL));
        MUST(s->value >= r->bucket.value);
    }
    r->bucket = *s;
}

static void
take_histogram(struct reading *r, const struct sample *s)
{
    size_t len = strlen(r->metric);
    MUST(strncmp(s->name, r->metric, len) == 0);
    if (strcmp(s->name + len, "_bucket") == 0) {
        take_bucket(r, s);
        return;
    }
    MUST(strcmp(r->bucket.le, "+Inf") == 0 && strcmp(s->labels, r->bucket.labels) == 0);
    if (!r->has_sum) {
        MUST(strcmp(s->name + len, "_sum") == 0);
        r->has_sum = true;
        return;
    }
    MUST(strcmp(s->name + len, "_count") == 0 && s->value == r->bucket.value);
    r->bucket = (struct sample){0};
    r->has_sum = false;
}

static const char *
take_any_sample(struct reading *r, const char *p)
{
    struct sample s;
    char series[NAME_SIZE + LABELS_SIZE + VALUE_SIZE + 16];
    p = take_sample(r, p, &s);
    MUST(r->has_kind);
    snprintf(series, sizeof series, "%s{%sle=%s}", s.name, s.labels, s.le);
    keep_once(r, r->series, &r->series_count, MOST_SERIES, series);
    if (strcmp(r->kind, "histogram") == 0) {
        take_histogram(r, &s);
        return p;
    }
    MUST(strcmp(s.name, r->metric) == 0 && s.le[0] == '\0');
    MUST(strcmp(r->kind, "gauge") == 0 || s.value >= 0);
    return p;
}

// --- Lines ---------------------------------------------------------------------------------------

static const char *
take_help(struct reading *r, const char *p)
{
    MUST(r->bucket.name[0] == '\0');
    p = take_name(r, p + strlen("# HELP "), r->metric);
    keep_once(r, r->names, &r->name_count, MOST_METRICS, r->metric);
    r->has_kind = false;
    MUST(*p == ' ' && p[1] != '\n' && p[1] != ' ');
    return p + strcspn(p, "\n");
}

static const char *
take_kind(struct reading *r, const char *p)
{
    char name[NAME_SIZE];
    p = take_name(r, p + strlen("# TYPE "), name);
    MUST(strcmp(name, r->metric) == 0 && !r->has_kind && *p == ' ');
    snprintf(r->kind, sizeof r->kind, "%.*s", (int)strcspn(p + 1, "\n"), p + 1);
    MUST(!strcmp(r->kind, "counter") || !strcmp(r->kind, "gauge") || !strcmp(r->kind, "histogram"));
    MUST(is_suffix(name, "_total") == (strcmp(r->kind, "counter") == 0));
    r->has_kind = true;
    return p + strcspn(p, "\n");
}

void
scrape_check(const char *text)
{
    struct reading *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (const char *p = text; *p != '\0'; p++) {
        r->line = p;
        if (strncmp(p, "# HELP ", 7) == 0)
            p = take_help(r, p);
        else if (strncmp(p, "# TYPE ", 7) == 0)
            p = take_kind(r, p);
        else
            p = take_any_sample(r, p);
        MUST(*p == '\n');
    }
    MUST(r->has_kind && r->bucket.name[0] == '\0');
    for (size_t i = 0; i < r->name_count; i++)
        free(r->names[i]);
    for (size_t i = 0; i < r->series_count; i++)
        free(r->series[i]);
    free(r);
}

double
scrape_value(const char *text, const char *series)
{
    size_t len = strlen(series);
    for (const char *p = text; p != NULL && *p != '\0'; p = strchr(p, '\n') + 1)
        if (strncmp(p, series, len) == 0 && p[len] == ' ')
            return strtod(p + len, NULL);
    fail_msg("there is no %s in:\n%s", series, text);
    return 0;
}
