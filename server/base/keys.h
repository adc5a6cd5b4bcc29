// SPDX-License-Identifier: MIT
//
// keys: every key of the configuration, and how a value of it is checked and kept.
//
// A key is a row of CONFIG_KEYS in keys.c with its type, default and range. config/tenured.json,
// config/tenured.schema.json and config/README.md say the same of it (a test compares).
#ifndef BASE_KEYS_H
#define BASE_KEYS_H

#include "base/json.h"

struct config;

enum { KEYS_MOST = 128 }; // more than there are

enum key_kind {
    KEY_ADDRESS,
    KEY_STRING,
    KEY_SECRET, // may be empty; shown as "***"
    KEY_CHOICE, // the kinds so far are strings of the heap
    KEY_INTEGER,
    KEY_DURATION,
    KEY_BOOLEAN,
    KEY_SHARE, // a number; its range is in hundredths
    KEY_HOSTS,
    KEY_TOKENS,
    KEY_THRESHOLDS,
    KEY_RULES,
};

struct key {
    const char *path; // "listen.data"
    size_t offset;    // in struct config
    enum key_kind kind;
    const char *fallback;
    int64_t least, most;
    const char *choices; // words
};

// One way through all sources of values.
struct reading {
    struct config *config;
    json_t *shown;     // what was accepted, in the shape of the file, tokens masked
    const char *place; // of the value that is being read
    char *error;
    size_t error_size;
};

// Notes the sentence "[subject]: [format] (place)". False, for the caller to return.
bool keys_refuse(struct reading *r, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const struct key *keys_at(size_t number);      /* borrowed, NULL behind the last */
const struct key *keys_find(const char *path); /* borrowed, NULL: no such key */

// The only way of a value into the struct; NULL is what was not JSON. False: refused.
bool keys_store(struct reading *r, const struct key *key, json_t *value);
// Strings and durations as they are, lists as JSON or one item a line, everything else as JSON; 0
// and 1 are booleans too.
bool keys_store_text(struct reading *r, const struct key *key, const char *text);
void keys_fini(struct config *config);

#endif
