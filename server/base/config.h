// SPDX-License-Identifier: MIT
//
// config: defaults < file < environment < flags, one table of keys, one sentence for what is wrong.
//
// Every key is a row of CONFIG_KEYS in keys.c. Strings live as long as the struct. Tokens are
// hashed as they are read and kept in no other form.
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/rules.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_MAX_HOSTS = 16,
    CONFIG_MAX_TOKENS = 16,
    CONFIG_HOST_SIZE = 256,
    CONFIG_THRESHOLDS = 3, // one a generation
};

struct config_hosts {
    char name[CONFIG_MAX_HOSTS][CONFIG_HOST_SIZE];
    size_t count;
};

struct config_tokens {
    uint8_t hash[CONFIG_MAX_TOKENS][SECRET_SHA256_SIZE];
    size_t count;
};

struct config {
    char *listen_data, *listen_admin; // host:port
    int64_t http_threads;             // 0: usable cores, at least two
    int64_t http_connections;
    int64_t http_per_address; // connections; 0: no limit
    int64_t http_header_timeout_ms, http_body_timeout_ms, http_work_timeout_ms,
        http_send_timeout_ms, http_idle_timeout_ms;
    struct config_hosts http_hosts;
    int64_t limits_body, limits_json_depth, limits_json_members, limits_string; // bytes, counts
    int64_t limits_orders; // expensive calls of the admin plane a minute; 0: no limit
    int64_t shards;        // 0: usable cores
    char *store_kind, *store_path, *store_conninfo;
    int64_t store_queue, store_lookups, store_lanes, store_bound_ms;
    int64_t sessions_idle_ttl_ms, sessions_absolute_ttl_ms, sessions_max_ttl_ms;
    double sessions_jitter; // of either time to live
    int64_t sessions_per_user;
    char *sessions_per_user_policy; // oldest, reject
    int64_t sessions_touch_flush_ms;
    int64_t cache_keep, cache_negative_ttl_ms, cache_idle_ms;
    bool gc_freeze_at_start;
    int64_t gc_default_budget_ms; // 0: none
    double gc_share;
    int64_t gc_thresholds[CONFIG_THRESHOLDS];
    struct config_rule rules[CONFIG_MAX_RULES];
    size_t rule_count;
    struct config_tokens auth_data, auth_read, auth_operate, auth_dump;
    bool auth_generate;     // a scope without a token has those of a file (keyring.h)
    int64_t dump_max_bytes; // of a heap dump's files
    int64_t drain_delay_ms, drain_timeout_ms;
    char *log_level;
    char *shown; // all keys in the shape of the file, values as they were given, tokens as "***"
    // Flags that are not keys.
    char *ports_file; // --ports-file PATH, or NULL
};

// Reads everything: [argv] may hold --config FILE, --set key=value (repeated), --ports-file PATH.
// True: [config] is complete, give it back with config_fini. False: [error] (at least 256 bytes) is
// one sentence that names key and place, and nothing is to be given back.
bool config_load(struct config *config, int argc, char **argv, char **environ_, char *error,
                 size_t error_size);
void config_fini(struct config *config);

#endif
