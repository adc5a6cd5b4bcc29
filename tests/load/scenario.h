// SPDX-License-Identifier: MIT
//
// scenario: what is asked for in which part of a run, and who is logged in when it begins.
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What may be asked. Name on the command line, and what it is.
#define ASKS(X)                                                                                    \
    X(VERIFY, "verify", "POST /v1/sessions/verify, which touches")                                 \
    X(SESSION, "session", "GET /v1/sessions/{id}")                                                 \
    X(USER, "user", "GET /v1/users/{id}")                                                          \
    X(LIST, "list", "GET /v1/users/{id}/sessions")                                                 \
    X(DATA, "data", "PUT /v1/sessions/{id}/data, durable")                                         \
    X(TOUCH, "touch", "POST /v1/sessions/{id}/touch")                                              \
    X(LOGIN, "login", "POST /v1/sessions, durable; of somebody who is in: verify")                 \
    X(TURN, "turn", "a login of who is out, a logout of who is in")                                \
    X(LOGOUT, "logout", "DELETE /v1/sessions/{id}, durable")                                       \
    X(PUT, "put", "PUT /v1/users/{id}, durable")

enum ask {
#define ASK_ENUM(name, word, meaning) ASK_##name,
    ASKS(ASK_ENUM)
#undef ASK_ENUM
        ASK_COUNT,
};

extern const char *const ask_names[ASK_COUNT];

enum { SCENARIO_PHASES = 3 };

struct phase {
    double until; // share of the run; 0: there is no such phase
    double rate;  // times the rate asked for
    unsigned weights[ASK_COUNT];
};

struct scenario {
    const char *name, *sentence;
    double online;     // share of the places that are logged in when the run begins
    bool expires;      // those sessions end together in the middle of the run
    bool cold;         // a full collection empties the cache before the run
    enum ask offline;  // what becomes of a question about the session of who is out
    size_t users;      // unless asked for otherwise
    unsigned per_user; // sessions, the same
    struct phase phases[SCENARIO_PHASES];
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

const struct scenario *scenario_find(const char *name); /* borrowed */ // NULL: there is none
// The phase at [share] of the run, 0 to 1.
const struct phase *scenario_phase(const struct scenario *s, double share); /* borrowed */
enum ask scenario_choose(const unsigned *weights, uint64_t *random);
// Reads "verify=70,user=30" into [weights]; false: a name or a number is wrong, or all are 0.
bool scenario_read_mix(const char *text, unsigned weights[ASK_COUNT]);

#endif
