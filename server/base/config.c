// SPDX-License-Identifier: MIT
//
// config: defaults < file < environment < flags.
//
// Every source ends as a JSON value for a row of CONFIG_KEYS; store_value checks and keeps it. So a
// key has one rule wherever it comes from. A sentence about a key ends with its place in
// parentheses.
#include "base/config.h"
#include "base/address.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000
#define DAY    (INT64_C(86400) * SECOND)
#define MIB    (INT64_C(1) << 20)

// Path, member of struct config, kind, default, least, most (durations in ms), choices.
#define CONFIG_KEYS(X)                                                                             \
    X("listen.data", listen_data, ADDRESS, "127.0.0.1:8080", 0, 0, NULL)                           \
    X("listen.admin", listen_admin, ADDRESS, "127.0.0.1:8081", 0, 0, NULL)                         \
    X("http.threads", http_threads, INTEGER, "0", 0, 256, NULL)                                    \
    X("http.connections", http_connections, INTEGER, "4096", 16, 1000000, NULL)                    \
    X("http.idle_timeout", http_idle_timeout_ms, DURATION, "30s", SECOND, 3600 * SECOND, NULL)     \
    X("limits.body", limits_body, INTEGER, "65536", 256, 16 * MIB, NULL)                           \
    X("limits.json_depth", limits_json_depth, INTEGER, "32", 2, 1024, NULL)                        \
    X("limits.json_members", limits_json_members, INTEGER, "1000", 16, MIB, NULL)                  \
    X("limits.string", limits_string, INTEGER, "8192", 128, 16 * MIB, NULL)                        \
    X("shards", shards, INTEGER, "0", 0, 1024, NULL)                                               \
    X("store.kind", store_kind, CHOICE, "sqlite", 0, 0, "sqlite memory")                           \
    X("store.path", store_path, STRING, "var/tenured.db", 0, 0, NULL)                              \
    X("store.queue", store_queue, INTEGER, "10000", 1, 1000000, NULL)                              \
    X("store.lookups", store_lookups, INTEGER, "64", 1, 65536, NULL)                               \
    X("sessions.idle_ttl", sessions_idle_ttl_ms, DURATION, "30m", 1, 3650 * DAY, NULL)             \
    X("sessions.absolute_ttl", sessions_absolute_ttl_ms, DURATION, "24h", 1, 3650 * DAY, NULL)     \
    X("sessions.max_ttl", sessions_max_ttl_ms, DURATION, "30d", 1, 3650 * DAY, NULL)               \
    X("sessions.per_user", sessions_per_user, INTEGER, "100", 1, 100000, NULL)                     \
    X("sessions.per_user_policy", sessions_per_user_policy, CHOICE, "oldest", 0, 0,                \
      "oldest reject")                                                                             \
    X("gc.freeze_at_start", gc_freeze_at_start, BOOLEAN, "true", 0, 0, NULL)                       \
    X("gc.schedules", rules, RULES,                                                                \
      "[{\"name\": \"full\", \"when\": {\"every\": \"60s\"}, \"action\": \"collect\", "            \
      "\"generation\": 2}]",                                                                       \
      0, 0, NULL)                                                                                  \
    X("log.level", log_level, CHOICE, "info", 0, 0, "debug info warn error")

enum kind { ADDRESS, STRING, CHOICE, INTEGER, DURATION, BOOLEAN, RULES };

static const struct key {
    const char *path;
    size_t offset; // in struct config
    enum kind kind;
    const char *fallback;
    int64_t least, most;
    const char *choices;
} keys[] = {
#define KEY_ROW(path, member, kind, fallback, least, most, choices)                                \
    {path, offsetof(struct config, member), kind, fallback, least, most, choices},
    CONFIG_KEYS(KEY_ROW)
#undef KEY_ROW
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0], PLACE_SIZE = 512, FILE_LIMIT = 1 << 20 };

struct reading {
    struct config *config;
    const char *place; // of the value that is being read
    char *error;
    size_t error_size;
};

const char *
config_key_path(size_t number)
{
    return number < KEY_COUNT ? keys[number].path : NULL;
}

static bool refuse(struct reading *r, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
refuse(struct reading *r, const char *subject, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(r->error, r->error_size, "%.100s: %s (%s)", subject, what, r->place);
    return false;
}

// --- One value -----------------------------------------------------------------------------------

static bool
replace_string(struct reading *r, const struct key *key, const char *value)
{
    char **member = (char **)((char *)r->config + key->offset);
    char *copy = strdup(value);
    if (copy == NULL)
        return refuse(r, key->path, "out of memory");
    free(*member);
    *member = copy;
    return true;
}

static void
set_int(struct reading *r, const struct key *key, int64_t value)
{
    *(int64_t *)((char *)r->config + key->offset) = value;
}

// Whether [value] is one of the words of [choices].
static bool
is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *p = choices; *p != '\0'; p += p[0] == ' ') {
        size_t word = strcspn(p, " ");
        if (word == len && memcmp(p, value, len) == 0)
            return true;
        p += word;
    }
    return false;
}

static bool
store_address(struct reading *r, const struct key *key, const char *value)
{
    char host[64];
    uint16_t port;
    if (!address_split(value, host, sizeof host, &port))
        return refuse(r, key->path, "\"%.80s\" is not of the form 127.0.0.1:8080 or [::1]:8080",
                      value);
    if (!address_is_loopback(host))
        return refuse(r, key->path,
                      "%s is not a loopback address; this version serves this machine only", host);
    return replace_string(r, key, value);
}

static bool
store_string(struct reading *r, const struct key *key, const char *value)
{
    if (key->kind == ADDRESS)
        return store_address(r, key, value);
    if (key->kind == CHOICE && !is_choice(key->choices, value))
        return refuse(r, key->path, "\"%.80s\" is none of: %s", value, key->choices);
    if (value[0] == '\0')
        return refuse(r, key->path, "must not be empty");
    return replace_string(r, key, value);
}

static bool
store_duration(struct reading *r, const struct key *key, const char *value)
{
    int64_t ms;
    if (!duration_parse(value, &ms))
        return refuse(r, key->path,
                      "\"%.80s\" is not a duration such as 500ms, 10s, 5m, 24h or 30d", value);
    if (ms < key->least || ms > key->most)
        return refuse(r, key->path, "%.80s is outside of %jdms to %jdms", value,
                      (intmax_t)key->least, (intmax_t)key->most);
    set_int(r, key, ms);
    return true;
}

static bool
store_integer(struct reading *r, const struct key *key, int64_t value)
{
    if (value < key->least || value > key->most)
        return refuse(r, key->path, "%jd is outside of %jd to %jd", (intmax_t)value,
                      (intmax_t)key->least, (intmax_t)key->most);
    set_int(r, key, value);
    return true;
}

static bool
store_rules(struct reading *r, const json_t *list)
{
    char what[256];
    if (rules_read(r->config->rules, &r->config->rule_count, list, what, sizeof what))
        return true;
    snprintf(r->error, r->error_size, "%s (%s)", what, r->place);
    return false;
}

// The only way into the struct. [value] NULL: it was not JSON.
static bool
store_value(struct reading *r, const struct key *key, const json_t *value)
{
    switch (key->kind) {
    case ADDRESS:
    case STRING:
    case CHOICE:
        return json_is_string(value) ? store_string(r, key, json_string_value(value))
                                     : refuse(r, key->path, "must be a string");
    case DURATION:
        return json_is_string(value) ? store_duration(r, key, json_string_value(value))
                                     : refuse(r, key->path, "must be a duration such as \"10s\"");
    case INTEGER:
        return json_is_integer(value) ? store_integer(r, key, json_integer_value(value))
                                      : refuse(r, key->path, "must be a whole number");
    case BOOLEAN:
        *(bool *)((char *)r->config + key->offset) = json_is_true(value);
        return json_is_boolean(value) || refuse(r, key->path, "must be true or false");
    case RULES:
        return json_is_array(value) ? store_rules(r, value)
                                    : refuse(r, key->path, "must be a list of rules");
    }
    ASSERT(!"a kind of key");
    return false;
}

// Defaults, environment and flags are texts: strings as they are, everything else as JSON.
static bool
store_text(struct reading *r, const struct key *key, const char *text)
{
    bool is_text = key->kind <= CHOICE || key->kind == DURATION;
    json_t *value = is_text ? json_string(text)
                            : json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    bool stored = store_value(r, key, value);
    json_decref(value);
    return stored;
}

static const struct key *
find_key(const char *path)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}

// --- The file ------------------------------------------------------------------------------------

static bool
is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strncmp(keys[i].path, path, len) == 0 && keys[i].path[len] == '.')
            return true;
    return false;
}

static bool
store_object(struct reading *r, const char *prefix, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char path[128];
        snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", name);
        const struct key *key = find_key(path);
        if (key == NULL && !is_section(path))
            return refuse(r, path, "unknown key");
        if (key == NULL && !json_is_object(value))
            return refuse(r, path, "must be an object");
        if (!(key != NULL ? store_value(r, key, value) : store_object(r, path, value)))
            return false;
    }
    return true;
}

static bool
load_file(struct reading *r, const char *path)
{
    json_error_t error;
    r->place = path;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return refuse(r, "--config", "the file cannot be read: %s", strerror(errno));
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    if (root == NULL)
        return refuse(r, "--config", "line %d: %.120s", error.line, error.text);
    bool stored = json_is_object(root) ? store_object(r, "", root)
                                       : refuse(r, "--config", "the file must hold an object");
    json_decref(root);
    return stored;
}

// --- The environment -----------------------------------------------------------------------------

static const char prefix[] = "TENURED_";

// Whether [name] is the variable of [key]: capitals, levels joined by two underscores, then
// [suffix].
static bool
is_variable(const char *name, size_t len, const struct key *key, const char *suffix)
{
    char expected[128];
    int at = snprintf(expected, sizeof expected, "%s", prefix);
    for (const char *p = key->path; *p != '\0'; p++) {
        if (*p == '.')
            expected[at++] = '_';
        expected[at++] = *p == '.' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    }
    at += snprintf(expected + at, sizeof expected - (size_t)at, "%s", suffix);
    return (size_t)at == len && memcmp(expected, name, len) == 0;
}

static bool
store_named_file(struct reading *r, const struct key *key, const char *path)
{
    char *text = file_read(path, FILE_LIMIT);
    if (text == NULL)
        return refuse(r, key->path, "the file %.120s cannot be read: %s", path, strerror(errno));
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0'; // editors end the last line
    bool stored = store_text(r, key, text);
    free(text);
    return stored;
}

static bool
store_variable(struct reading *r, const char *name, size_t len, const char *value, bool *given)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        bool direct = is_variable(name, len, &keys[i], "");
        if (!direct && !is_variable(name, len, &keys[i], "_FILE"))
            continue;
        if (given[i])
            return refuse(r, keys[i].path, "both the variable and its _FILE form are set");
        given[i] = true;
        return direct ? store_text(r, &keys[i], value) : store_named_file(r, &keys[i], value);
    }
    snprintf(r->error, r->error_size, "%.*s: no key of this name (environment variable)",
             len < 100 ? (int)len : 100, name);
    return false;
}

static bool
load_environment(struct reading *r, char **environ_)
{
    bool given[KEY_COUNT] = {false};
    for (; *environ_ != NULL; environ_++) {
        const char *name = *environ_, *equals = strchr(name, '=');
        if (equals == NULL || strncmp(name, prefix, sizeof prefix - 1) != 0 ||
            strncmp(name, "TENURED_TEST_", 13) == 0)
            continue;
        char place[PLACE_SIZE];
        size_t len = (size_t)(equals - name);
        snprintf(place, sizeof place, "environment variable %.*s", len < 100 ? (int)len : 100,
                 name);
        r->place = place;
        if (!store_variable(r, name, len, equals + 1, given))
            return false;
    }
    return true;
}

// --- Flags ---------------------------------------------------------------------------------------

static bool
store_flag(struct reading *r, const char *assignment)
{
    char path[128];
    const char *equals = strchr(assignment, '=');
    r->place = "--set";
    if (equals == NULL || (size_t)(equals - assignment) >= sizeof path)
        return refuse(r, assignment, "is not of the form key=value");
    snprintf(path, sizeof path, "%.*s", (int)(equals - assignment), assignment);
    const struct key *key = find_key(path);
    return key != NULL ? store_text(r, key, equals + 1) : refuse(r, path, "unknown key");
}

// Calls [take] for each flag [name] and its value.
static bool
each_flag(struct reading *r, int argc, char **argv, const char *name,
          bool (*take)(struct reading *r, const char *value))
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0 && !take(r, argv[i + 1]))
            return false;
    return true;
}

static bool
take_ports_file(struct reading *r, const char *value)
{
    free(r->config->ports_file);
    r->config->ports_file = strdup(value);
    return r->config->ports_file != NULL || refuse(r, "--ports-file", "out of memory");
}

static bool
check_flags(struct reading *r, int argc, char **argv)
{
    r->place = "command line";
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--config") != 0 && strcmp(argv[i], "--set") != 0 &&
            strcmp(argv[i], "--ports-file") != 0)
            return refuse(r, argv[i], "no such argument");
        if (i + 1 == argc)
            return refuse(r, argv[i], "needs a value");
    }
    return true;
}

// --- All of it -----------------------------------------------------------------------------------

static bool
load_defaults(struct reading *r)
{
    r->place = "default";
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (!store_text(r, &keys[i], keys[i].fallback))
            return false;
    return true;
}

static bool
check_together(struct reading *r)
{
    const struct config *c = r->config;
    r->place = "all places together";
    if (c->sessions_idle_ttl_ms > c->sessions_max_ttl_ms)
        return refuse(r, "sessions.idle_ttl", "%jdms is more than sessions.max_ttl, %jdms",
                      (intmax_t)c->sessions_idle_ttl_ms, (intmax_t)c->sessions_max_ttl_ms);
    if (c->sessions_absolute_ttl_ms > c->sessions_max_ttl_ms)
        return refuse(r, "sessions.absolute_ttl", "%jdms is more than sessions.max_ttl, %jdms",
                      (intmax_t)c->sessions_absolute_ttl_ms, (intmax_t)c->sessions_max_ttl_ms);
    return true;
}

bool
config_load(struct config *config, int argc, char **argv, char **environ_, char *error,
            size_t error_size)
{
    *config = (struct config){0};
    struct reading r = {.config = config, .error = error, .error_size = error_size};
    bool loaded = check_flags(&r, argc, argv) && load_defaults(&r) &&
                  each_flag(&r, argc, argv, "--config", load_file) &&
                  load_environment(&r, environ_) &&
                  each_flag(&r, argc, argv, "--set", store_flag) &&
                  each_flag(&r, argc, argv, "--ports-file", take_ports_file) && check_together(&r);
    if (!loaded)
        config_fini(config);
    return loaded;
}

void
config_fini(struct config *config)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].kind <= CHOICE)
            free(*(char **)((char *)config + keys[i].offset));
    free(config->ports_file);
    *config = (struct config){0};
}
