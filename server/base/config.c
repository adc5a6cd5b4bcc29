// SPDX-License-Identifier: MIT
//
// config: defaults < file < environment < flags.
//
// Every source ends as a JSON value for a row of the table of keys, so a key has one rule wherever
// it comes from. A sentence about a key ends with its place in parentheses.
#include "base/config.h"
#include "base/address.h"
#include "base/assert.h"
#include "base/file.h"
#include "base/json.h"
#include "base/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_SIZE = 512, FILE_LIMIT = 1 << 20 };

// --- The file ------------------------------------------------------------------------------------

static bool
is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; keys_at(i) != NULL; i++)
        if (strncmp(keys_at(i)->path, path, len) == 0 && keys_at(i)->path[len] == '.')
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
        const struct key *key = keys_find(path);
        if (key == NULL && !is_section(path))
            return keys_refuse(r, path, "unknown key");
        if (key == NULL && !json_is_object(value))
            return keys_refuse(r, path, "must be an object");
        if (!(key != NULL ? keys_store(r, key, value) : store_object(r, path, value)))
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
        return keys_refuse(r, "--config", "the file cannot be read: %s", strerror(errno));
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    if (root == NULL) { // what stands near the fault may be a token
        int shown =
            (int)(strstr(error.text, " near ") ? strstr(error.text, " near ") - error.text : 120);
        return keys_refuse(r, "--config", "line %d: %.*s", error.line, shown, error.text);
    }
    bool stored = json_is_object(root) ? store_object(r, "", root)
                                       : keys_refuse(r, "--config", "the file must hold an object");
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
        return keys_refuse(r, key->path, "the file %.120s cannot be read: %s", path,
                           strerror(errno));
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0'; // editors end the last line
    bool stored = keys_store_text(r, key, text);
    free(text);
    return stored;
}

static bool
store_variable(struct reading *r, const char *name, size_t len, const char *value, bool *given)
{
    const struct key *key;
    for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
        bool direct = is_variable(name, len, key, "");
        if (!direct && !is_variable(name, len, key, "_FILE"))
            continue;
        if (given[i])
            return keys_refuse(r, key->path, "both the variable and its _FILE form are set");
        given[i] = true;
        return direct ? keys_store_text(r, key, value) : store_named_file(r, key, value);
    }
    snprintf(r->error, r->error_size, "%.*s: no key of this name (environment variable)",
             len < 100 ? (int)len : 100, name);
    return false;
}

static bool
load_environment(struct reading *r, char **environ_)
{
    bool given[KEYS_MOST] = {false};
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
        return keys_refuse(r, assignment, "is not of the form key=value");
    snprintf(path, sizeof path, "%.*s", (int)(equals - assignment), assignment);
    const struct key *key = keys_find(path);
    return key != NULL ? keys_store_text(r, key, equals + 1) : keys_refuse(r, path, "unknown key");
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
    return r->config->ports_file != NULL || keys_refuse(r, "--ports-file", "out of memory");
}

static bool
check_flags(struct reading *r, int argc, char **argv)
{
    r->place = "command line";
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--config") != 0 && strcmp(argv[i], "--set") != 0 &&
            strcmp(argv[i], "--ports-file") != 0)
            return keys_refuse(r, argv[i], "no such argument");
        if (i + 1 == argc)
            return keys_refuse(r, argv[i], "needs a value");
    }
    return true;
}

// --- All of it -----------------------------------------------------------------------------------

static bool
load_defaults(struct reading *r)
{
    r->place = "default";
    for (size_t i = 0; keys_at(i) != NULL; i++)
        if (!keys_store_text(r, keys_at(i), keys_at(i)->fallback))
            return false;
    return true;
}

// A plane that others can reach needs a token.
static bool
check_plane(struct reading *r, const char *key, const char *address, size_t tokens,
            const char *lists)
{
    char host[64];
    uint16_t port;
    ASSERT(address_split(address, host, sizeof host, &port));
    return tokens > 0 || r->config->auth_generate || address_is_loopback(host) ||
           keys_refuse(r, key, "%s is not a loopback address, so this plane needs a token in %s",
                       host, lists);
}

static bool
check_ttl(struct reading *r, const char *key, int64_t ms)
{
    int64_t most = r->config->sessions_max_ttl_ms;
    return ms <= most || keys_refuse(r, key, "%jdms is more than sessions.max_ttl, %jdms",
                                     (intmax_t)ms, (intmax_t)most);
}

static bool
check_together(struct reading *r)
{
    const struct config *c = r->config;
    size_t operators = c->auth_read.count + c->auth_operate.count + c->auth_dump.count;
    r->place = "all places together";
    return check_ttl(r, "sessions.idle_ttl", c->sessions_idle_ttl_ms) &&
           check_ttl(r, "sessions.absolute_ttl", c->sessions_absolute_ttl_ms) &&
           check_plane(r, "listen.data", c->listen_data, c->auth_data.count, "auth.data") &&
           check_plane(r, "listen.admin", c->listen_admin, operators,
                       "auth.read, auth.operate or auth.dump");
}

static bool
keep_shown(struct reading *r)
{
    r->config->shown = json_dumps(r->shown, JSON_INDENT(2));
    return r->config->shown != NULL || keys_refuse(r, "config", "out of memory");
}

bool
config_load(struct config *config, int argc, char **argv, char **environ_, char *error,
            size_t error_size)
{
    *config = (struct config){0};
    struct reading r = {
        .config = config, .shown = json_object(), .error = error, .error_size = error_size};
    bool loaded = check_flags(&r, argc, argv) && load_defaults(&r) &&
                  each_flag(&r, argc, argv, "--config", load_file) &&
                  load_environment(&r, environ_) &&
                  each_flag(&r, argc, argv, "--set", store_flag) &&
                  each_flag(&r, argc, argv, "--ports-file", take_ports_file) &&
                  check_together(&r) && keep_shown(&r);
    json_decref(r.shown);
    if (!loaded)
        config_fini(config);
    return loaded;
}

void
config_fini(struct config *config)
{
    keys_fini(config);
    free(config->ports_file);
    json_free_text(config->shown);
    *config = (struct config){0};
}
