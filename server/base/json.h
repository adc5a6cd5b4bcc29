// SPDX-License-Identifier: MIT
//
// json: the only door to jansson. Reads a document within limits that are counted before anything
// is built, and gives verbatim spans of the members, so that numbers are kept as they were written.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/text.h"

#include <jansson.h>

struct json_limits {
    size_t depth;     // nested arrays and objects
    size_t members;   // members and elements in the whole document
    size_t string;    // bytes of one string, as written
    bool as_text;     // numbers are kept as text, so an integer may have any size
    const char *leaf; // a member of which nobody looks into the object; NULL: none
};

enum json_fault {
    JSON_FINE,
    JSON_MALFORMED, // not JSON, not UTF-8, a duplicate key, text after the end
    JSON_TOO_LARGE, // a limit of the three; [detail] names it
    JSON_NO_MEMORY
};

// Counts jansson's memory in the ledger. Before anything else is asked of jansson.
void json_count_memory(void);
// Of json_dumps. NULL is nothing.
void json_free_text(char *text /* stolen */);

// Parses [text], which must be an object. [detail] (at least 160 bytes) gets a sentence with the
// place of the fault. On JSON_FINE [root] is new: json_decref. What is in the object that member
// [limits->leaf] is need not be in it.
enum json_fault json_read(struct span text, const struct json_limits *limits, json_t **root,
                          char *detail, size_t detail_size);

// What json_read says of a document of which no more is needed.
enum json_fault json_check(struct span text, const struct json_limits *limits, char *detail,
                           size_t detail_size);

// JSON_FINE or JSON_TOO_LARGE, of any text.
enum json_fault json_check_limits(struct span text, const struct json_limits *limits, char *detail,
                                  size_t detail_size);

// --- Spans of what json_read accepted ------------------------------------------------------------

struct json_walk {
    const char *p, *end;
};

struct json_walk json_walk_members(struct span object);
// False: there are no more. [key] is what stands between its quotes; both are borrowed.
bool json_next_member(struct json_walk *w, struct span *key, struct span *value);
// Adds what [string], which stood between quotes, means, as UTF-8.
void json_add_unescaped(struct text *t, struct span string);
// The value of the top-level member [name] of the document [text], which json_read accepted, as it
// is written there; absent when it is not a member.
struct span json_member_span(struct span text, const char *name);
// Adds [json], a span that json_read accepted, without the white space between its tokens.
void json_add_compact(struct text *t, struct span json);

#endif
