// SPDX-License-Identifier: MIT
//
// scenario: a table.
#include "scenario.h"

#include "random.h"

#include <stdlib.h>
#include <string.h>

const char *const ask_names[ASK_COUNT] = {
#define ASK_NAME(name, word, meaning) word,
    ASKS(ASK_NAME)
#undef ASK_NAME
};

// What a web application asks all day: seven in ten whose token it is, one in twenty a write.
#define DAILY                                                                                      \
    {                                                                                              \
        [ASK_VERIFY] = 70, [ASK_SESSION] = 10, [ASK_USER] = 15, [ASK_DATA] = 4, [ASK_TOUCH] = 1    \
    }

const struct scenario scenarios[] = {
    {.name = "steady",
     .sentence = "everybody is in and asks as on any day",
     .online = 1,
     .offline = ASK_LOGIN,
     .users = 10000,
     .per_user = 1,
     .phases = {{1, 1, DAILY}}},
    {.name = "storm",
     .sentence =
         "a third of them is in; in the middle third of the run the others log in, at twice "
         "the rate",
     .online = 0.33,
     .offline = ASK_USER,
     .users = 50000,
     .per_user = 1,
     .phases = {{0.33, 1, DAILY},
                {0.67, 2, {[ASK_LOGIN] = 60, [ASK_VERIFY] = 30, [ASK_USER] = 10}},
                {1, 1, DAILY}}},
    {.name = "churn",
     .sentence = "users whose only session ends come back: half of them are out at any time",
     .online = 0.5,
     .offline = ASK_USER,
     .users = 10000,
     .per_user = 1,
     .phases = {{1, 1, {[ASK_USER] = 50, [ASK_VERIFY] = 30, [ASK_TURN] = 20}}}},
    {.name = "avalanche",
     .sentence = "all sessions expire in the middle of the run, and who is refused logs in again",
     .online = 1,
     .expires = true,
     .offline = ASK_LOGIN,
     .users = 10000,
     .per_user = 1,
     .phases = {{1, 1, DAILY}}},
    {.name = "one-user",
     .sentence = "one user has all the sessions, and a list of them",
     .online = 0.8,
     .offline = ASK_USER,
     .users = 1,
     .per_user = 90,
     .phases = {{1, 1, {[ASK_VERIFY] = 60, [ASK_USER] = 15, [ASK_LIST] = 5, [ASK_TURN] = 20}}}},
    {.name = "cold",
     .sentence = "everybody has been here and is out, and a full collection has emptied the cache",
     .online = 0,
     .cold = true,
     .offline = ASK_USER,
     .users = 10000,
     .per_user = 1,
     .phases = {{1, 1, {[ASK_USER] = 100}}}},
};

const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];

const struct scenario *
scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_count; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}

const struct phase *
scenario_phase(const struct scenario *s, double share)
{
    int i = 0;
    while (share >= s->phases[i].until && s->phases[i].until < 1)
        i++;
    return &s->phases[i];
}

enum ask
scenario_choose(const unsigned *weights, uint64_t *random)
{
    size_t sum = 0;
    for (int i = 0; i < ASK_COUNT; i++)
        sum += weights[i];
    size_t at = random_below(random, sum);
    int ask = 0;
    while (at >= weights[ask])
        at -= weights[ask++];
    return (enum ask)ask;
}

// --- A mix of one's own ------------------------------------------------------------------------

static bool
read_weight(const char *pair, unsigned weights[ASK_COUNT])
{
    const char *equals = strchr(pair, '=');
    for (int i = 0; equals && i < ASK_COUNT; i++) {
        size_t len = strlen(ask_names[i]);
        if (len != (size_t)(equals - pair) || strncmp(pair, ask_names[i], len) != 0)
            continue;
        char *end;
        unsigned long n = strtoul(equals + 1, &end, 10);
        weights[i] = (unsigned)n;
        return end > equals + 1 && (*end == ',' || *end == '\0') && n <= 1000000;
    }
    return false;
}

bool
scenario_read_mix(const char *text, unsigned weights[ASK_COUNT])
{
    size_t sum = 0;
    memset(weights, 0, ASK_COUNT * sizeof *weights);
    for (const char *pair = text; pair; pair = strchr(pair, ',') ? strchr(pair, ',') + 1 : NULL)
        if (!read_weight(pair, weights))
            return false;
    for (int i = 0; i < ASK_COUNT; i++)
        sum += weights[i];
    return sum > 0;
}
