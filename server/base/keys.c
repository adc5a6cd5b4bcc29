// SPDX-License-Identifier: MIT
//
// keys: every key of the configuration, and how a value of it is checked and kept.
#include "base/keys.h"
#include "base/address.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000
#define DAY    (INT64_C(86400) * SECOND)
#define MIB    (INT64_C(1) << 20)

// Path, member of struct config, kind, default, least, most (durations in ms, items of a list),
// choices.
#define CONFIG_KEYS(X)                                                                             \
    X("listen.data", listen_data, ADDRESS, "127.0.0.1:8080", 0, 0, NULL)                           \
    X("listen.admin", listen_admin, ADDRESS, "127.0.0.1:8081", 0, 0, NULL)                         \
    X("http.threads", http_threads, INTEGER, "0", 0, 256, NULL)                                    \
    X("http.connections", http_connections, INTEGER, "4096", 16, 1000000, NULL)                    \
    X("http.per_address", http_per_address, INTEGER, "0", 0, 1000000, NULL)                        \
    X("http.header_timeout", http_header_timeout_ms, DURATION, "10s", 100, 3600 * SECOND, NULL)    \
    X("http.body_timeout", http_body_timeout_ms, DURATION, "30s", 100, 3600 * SECOND, NULL)        \
    X("http.work_timeout", http_work_timeout_ms, DURATION, "10s", 100, 3600 * SECOND, NULL)        \
    X("http.send_timeout", http_send_timeout_ms, DURATION, "30s", 100, 3600 * SECOND, NULL)        \
    X("http.idle_timeout", http_idle_timeout_ms, DURATION, "30s", SECOND, 3600 * SECOND, NULL)     \
    X("http.hosts", http_hosts, HOSTS, "[]", 0, CONFIG_MAX_HOSTS, NULL)                            \
    X("limits.body", limits_body, INTEGER, "65536", 256, 16 * MIB, NULL)                           \
    X("limits.json_depth", limits_json_depth, INTEGER, "32", 2, 1024, NULL)                        \
    X("limits.json_members", limits_json_members, INTEGER, "1000", 16, MIB, NULL)                  \
    X("limits.string", limits_string, INTEGER, "8192", 128, 16 * MIB, NULL)                        \
    X("limits.orders", limits_orders, INTEGER, "600", 0, 1000000, NULL)                            \
    X("shards", shards, INTEGER, "0", 0, 1024, NULL)                                               \
    X("store.kind", store_kind, CHOICE, "sqlite", 0, 0, "sqlite memory postgres")                  \
    X("store.path", store_path, STRING, "var/tenured.db", 0, 0, NULL)                              \
    X("store.queue", store_queue, INTEGER, "10000", 1, 1000000, NULL)                              \
    X("store.lookups", store_lookups, INTEGER, "64", 1, 65536, NULL)                               \
    X("store.lanes", store_lanes, INTEGER, "2", 1, 32, NULL)                                       \
    X("store.bound", store_bound_ms, DURATION, "1s", 100, 60 * SECOND, NULL)                       \
    X("store.conninfo", store_conninfo, SECRET, "", 0, 0, NULL)                                    \
    X("sessions.idle_ttl", sessions_idle_ttl_ms, DURATION, "30m", 1, 3650 * DAY, NULL)             \
    X("sessions.absolute_ttl", sessions_absolute_ttl_ms, DURATION, "24h", 1, 3650 * DAY, NULL)     \
    X("sessions.max_ttl", sessions_max_ttl_ms, DURATION, "30d", 1, 3650 * DAY, NULL)               \
    X("sessions.jitter", sessions_jitter, SHARE, "0", 0, 50, NULL)                                 \
    X("sessions.per_user", sessions_per_user, INTEGER, "100", 1, 100000, NULL)                     \
    X("sessions.per_user_policy", sessions_per_user_policy, CHOICE, "oldest", 0, 0,                \
      "oldest reject")                                                                             \
    X("sessions.touch_flush", sessions_touch_flush_ms, DURATION, "1s", 10, 60 * SECOND, NULL)      \
    X("cache.keep", cache_keep, INTEGER, "0", 0, 100000000, NULL)                                  \
    X("cache.negative_ttl", cache_negative_ttl_ms, DURATION, "1s", 0, 3600 * SECOND, NULL)         \
    X("cache.idle", cache_idle_ms, DURATION, "5m", 1 * SECOND, 86400 * SECOND, NULL)               \
    X("gc.default_budget_ms", gc_default_budget_ms, INTEGER, "2", 0, CONFIG_MAX_BUDGET_MS, NULL)   \
    X("gc.share", gc_share, SHARE, "0.25", 1, 100, NULL)                                           \
    X("gc.freeze_at_start", gc_freeze_at_start, BOOLEAN, "true", 0, 0, NULL)                       \
    X("gc.thresholds", gc_thresholds, THRESHOLDS, "[700, 10, 10]", 0, 2147483647, NULL)            \
    X("gc.schedules", rules, RULES,                                                                \
      "[{\"name\": \"full\", \"when\": {\"every\": \"60s\"}, \"action\": \"collect\", "            \
      "\"generation\": 2, \"budget_ms\": 2}, {\"name\": \"memory\", \"when\": {\"memory_above\": " \
      "\"80%\"}, \"action\": \"collect\", \"generation\": 2, \"budget_ms\": 2}]",                  \
      0, 0, NULL)                                                                                  \
    X("auth.data", auth_data, TOKENS, "[]", 0, CONFIG_MAX_TOKENS, NULL)                            \
    X("auth.read", auth_read, TOKENS, "[]", 0, CONFIG_MAX_TOKENS, NULL)                            \
    X("auth.operate", auth_operate, TOKENS, "[]", 0, CONFIG_MAX_TOKENS, NULL)                      \
    X("auth.dump", auth_dump, TOKENS, "[]", 0, CONFIG_MAX_TOKENS, NULL)                            \
    X("auth.generate", auth_generate, BOOLEAN, "false", 0, 0, NULL)                                \
    X("dump.max_bytes", dump_max_bytes, INTEGER, "4294967296", 4096, INT64_C(1) << 50, NULL)       \
    X("drain.delay", drain_delay_ms, DURATION, "0s", 0, 600 * SECOND, NULL)                        \
    X("drain.timeout", drain_timeout_ms, DURATION, "20s", 0, 600 * SECOND, NULL)                   \
    X("log.level", log_level, CHOICE, "info", 0, 0, "debug info warn error")

static const struct key keys[] = {
#define KEY_ROW(path, member, kind, fallback, least, most, choices)                                \
    {path, offsetof(struct config, member), KEY_##kind, fallback, least, most, choices},
    CONFIG_KEYS(KEY_ROW)
#undef KEY_ROW
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0], TOKEN_LEAST = 32, TOKEN_MOST = 512 };

_Static_assert(sizeof keys / sizeof keys[0] <= KEYS_MOST, "keys.h");

const struct key *
keys_at(size_t number)
{
    return number < KEY_COUNT ? &keys[number] : NULL;
}

const struct key *
keys_find(const char *path)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}

bool
keys_refuse(struct reading *r, const char *subject, const char *format, ...)
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

static void * /* borrowed */
member_of(const struct reading *r, const struct key *key)
{
    return (char *)r->config + key->offset;
}

static bool
replace_string(struct reading *r, const struct key *key, const char *value)
{
    char **member = member_of(r, key);
    char *copy = strdup(value);
    if (copy == NULL)
        return keys_refuse(r, key->path, "out of memory");
    free(*member);
    *member = copy;
    return true;
}

static void
set_int(struct reading *r, const struct key *key, int64_t value)
{
    *(int64_t *)member_of(r, key) = value;
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
        return keys_refuse(r, key->path,
                           "\"%.80s\" is not of the form 127.0.0.1:8080 or [::1]:8080", value);
    if (!address_is_literal(host) && !address_is_loopback(host))
        return keys_refuse(r, key->path, "%s is not an address to listen on", host);
    return replace_string(r, key, value);
}

static bool
store_string(struct reading *r, const struct key *key, const char *value)
{
    if (key->kind == KEY_ADDRESS)
        return store_address(r, key, value);
    if (key->kind == KEY_CHOICE && !is_choice(key->choices, value))
        return keys_refuse(r, key->path, "\"%.80s\" is none of: %s", value, key->choices);
    if (value[0] == '\0' && key->kind != KEY_SECRET)
        return keys_refuse(r, key->path, "must not be empty");
    return replace_string(r, key, value);
}

static bool
store_duration(struct reading *r, const struct key *key, const char *value)
{
    int64_t ms;
    if (!duration_parse(value, &ms))
        return keys_refuse(r, key->path,
                           "\"%.80s\" is not a duration such as 500ms, 10s, 5m, 24h or 30d", value);
    if (ms < key->least || ms > key->most)
        return keys_refuse(r, key->path, "%.80s is outside of %jdms to %jdms", value,
                           (intmax_t)key->least, (intmax_t)key->most);
    set_int(r, key, ms);
    return true;
}

static bool
store_integer(struct reading *r, const struct key *key, int64_t value)
{
    if (value < key->least || value > key->most)
        return keys_refuse(r, key->path, "%jd is outside of %jd to %jd", (intmax_t)value,
                           (intmax_t)key->least, (intmax_t)key->most);
    set_int(r, key, value);
    return true;
}

static bool
store_share(struct reading *r, const struct key *key, double value)
{
    if (value * 100 < (double)key->least || value * 100 > (double)key->most)
        return keys_refuse(r, key->path, "%g is outside of %g to %g", value, key->least / 1e2,
                           key->most / 1e2);
    *(double *)member_of(r, key) = value;
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

// --- Lists --------------------------------------------------------------------------------------

// A name or an address, without a port, as it stands in Host.
static bool
is_host(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return len > 0 && name[len] == '\0';
}

static bool
store_host(struct reading *r, const struct key *key, size_t i, const char *name)
{
    struct config_hosts *hosts = member_of(r, key);
    if (strlen(name) >= sizeof hosts->name[i] || (!is_host(name) && !address_is_literal(name)))
        return keys_refuse(r, key->path, "\"%.80s\" is not a name or an address without a port",
                           name);
    strcpy(hosts->name[i], name);
    hosts->count = i + 1;
    return true;
}

// No sentence shows a token, not even a wrong one: it may be a typing error away from the right
// one.
static bool
store_token(struct reading *r, const struct key *key, size_t i, const char *token)
{
    struct config_tokens *tokens = member_of(r, key);
    size_t len = strlen(token);
    if (len < TOKEN_LEAST || len > TOKEN_MOST)
        return keys_refuse(r, key->path, "token %zu has %zu characters, not %d to %d", i + 1, len,
                           TOKEN_LEAST, TOKEN_MOST);
    for (const char *p = token; *p != '\0'; p++)
        if (*p < '!' || *p > '~')
            return keys_refuse(r, key->path, "token %zu has a character that is not ASCII text",
                               i + 1);
    secret_sha256(span_of(token), tokens->hash[i]);
    tokens->count = i + 1;
    return true;
}

static bool
store_list(struct reading *r, const struct key *key, const json_t *list)
{
    size_t i;
    json_t *item;
    if (json_array_size(list) > (size_t)key->most)
        return keys_refuse(r, key->path, "has more than %jd items", (intmax_t)key->most);
    memset(member_of(r, key), 0,
           key->kind == KEY_TOKENS ? sizeof(struct config_tokens) : sizeof(struct config_hosts));
    json_array_foreach(list, i, item)
    {
        const char *value = json_string_value(item);
        if (value == NULL)
            return keys_refuse(r, key->path, "must be a list of strings");
        if (!(key->kind == KEY_TOKENS ? store_token(r, key, i, value)
                                      : store_host(r, key, i, value)))
            return false;
    }
    return true;
}

static bool
store_thresholds(struct reading *r, const struct key *key, const json_t *list)
{
    int64_t *thresholds = member_of(r, key);
    bool good = json_array_size(list) == CONFIG_THRESHOLDS;
    for (size_t i = 0; good && i < CONFIG_THRESHOLDS; i++) {
        const json_t *item = json_array_get(list, i);
        thresholds[i] = json_integer_value(item);
        good = json_is_integer(item) && thresholds[i] >= key->least && thresholds[i] <= key->most;
    }
    return good || keys_refuse(r, key->path, "must be %d whole numbers from %jd to %jd",
                               CONFIG_THRESHOLDS, (intmax_t)key->least, (intmax_t)key->most);
}

// --- Any value ----------------------------------------------------------------------------------

// The only way into the struct. [value] NULL: it was not JSON.
static bool
store_value(struct reading *r, const struct key *key, const json_t *value)
{
    switch (key->kind) {
    case KEY_ADDRESS:
    case KEY_STRING:
    case KEY_SECRET:
    case KEY_CHOICE:
        return json_is_string(value) ? store_string(r, key, json_string_value(value))
                                     : keys_refuse(r, key->path, "must be a string");
    case KEY_DURATION:
        return json_is_string(value)
                   ? store_duration(r, key, json_string_value(value))
                   : keys_refuse(r, key->path, "must be a duration such as \"10s\"");
    case KEY_INTEGER:
        return json_is_integer(value) ? store_integer(r, key, json_integer_value(value))
                                      : keys_refuse(r, key->path, "must be a whole number");
    case KEY_BOOLEAN:
        *(bool *)member_of(r, key) = json_is_true(value);
        return json_is_boolean(value) || keys_refuse(r, key->path, "must be true or false");
    case KEY_SHARE:
        return json_is_number(value) ? store_share(r, key, json_number_value(value))
                                     : keys_refuse(r, key->path, "must be a number");
    case KEY_HOSTS:
    case KEY_TOKENS:
        return json_is_array(value) ? store_list(r, key, value)
                                    : keys_refuse(r, key->path, "must be a list of strings");
    case KEY_THRESHOLDS:
        return store_thresholds(r, key, value);
    case KEY_RULES:
        return json_is_array(value) ? store_rules(r, value)
                                    : keys_refuse(r, key->path, "must be a list of rules");
    }
    ASSERT(!"a kind of key");
    return false;
}

// --- What is shown ------------------------------------------------------------------------------

static json_t * /* new */
masked(size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string("***"));
    return list;
}

// Notes [value] at the key's place in the document that config_load shows.
static bool
show(struct reading *r, const struct key *key, json_t *value)
{
    json_t *section = r->shown;
    const char *dot = strchr(key->path, '.'), *name = dot != NULL ? dot + 1 : key->path;
    if (dot != NULL) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%.*s", (int)(dot - key->path), key->path);
        if (json_object_get(r->shown, prefix) == NULL)
            json_object_set_new(r->shown, prefix, json_object());
        section = json_object_get(r->shown, prefix);
    }
    json_t *shown = key->kind == KEY_TOKENS   ? masked(json_array_size(value))
                    : key->kind == KEY_SECRET ? json_string(json_string_length(value) ? "***" : "")
                                              : json_incref(value);
    return json_object_set_new(section, name, shown) == 0 ||
           keys_refuse(r, key->path, "out of memory");
}

bool
keys_store(struct reading *r, const struct key *key, json_t *value)
{
    return store_value(r, key, value) && show(r, key, value);
}

// A list as text is JSON, or one item a line: so a text may be one token, and a file one a line.
static json_t * /* new */
read_list(const char *text)
{
    if (text[0] == '[')
        return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *list = json_array();
    for (;; text++) {
        size_t len = strcspn(text, "\r\n");
        json_array_append_new(list, json_stringn(text, len));
        text += len;
        text += text[0] == '\r' && text[1] == '\n';
        if (*text == '\0')
            return list;
    }
}

static json_t * /* new */
read_text(const struct key *key, const char *text)
{
    switch (key->kind) {
    case KEY_ADDRESS:
    case KEY_STRING:
    case KEY_SECRET:
    case KEY_CHOICE:
    case KEY_DURATION:
        return json_string(text);
    case KEY_HOSTS:
    case KEY_TOKENS:
        return read_list(text);
    case KEY_BOOLEAN:
        if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0) // as variables say it
            return json_boolean(text[0] == '1');
        // fall through
    default:
        return json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    }
}

bool
keys_store_text(struct reading *r, const struct key *key, const char *text)
{
    json_t *value = read_text(key, text);
    bool stored = keys_store(r, key, value);
    json_decref(value);
    return stored;
}

void
keys_fini(struct config *config)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].kind <= KEY_CHOICE)
            free(*(char **)((char *)config + keys[i].offset));
}
