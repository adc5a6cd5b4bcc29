// SPDX-License-Identifier: MIT
//
// log: one JSON object a line on stdout: time, level, event, then the fields of the call. Control
// characters are escaped. Thread safe: one write(2) a line. Never call it with a secret.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

bool log_level_parse(const char *name, enum log_level *level); // debug info warn error
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
const char *log_level_name(enum log_level level); /* borrowed */

// log_event(LOG_INFO, "collection", "cause", "s", "manual", "found", "d", (long)n, NULL): after the
// event come triples of name, kind and value, ended by NULL. Kinds: "s" const char * (NULL is
// null), "d" long, "f" double, "b" int as a boolean, "j" const char * that is JSON already.
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

#endif
