// SPDX-License-Identifier: MIT
//
// options: the command line, with a bound for everything.
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "keys.h"
#include "scenario.h"

#include <stdio.h>

struct options {
    char data[64], admin[64]; // address:port of both planes
    const struct scenario *scenario;
    enum keys_kind keys;
    bool poisson;
    bool has_mix;
    unsigned mix[ASK_COUNT]; // in every phase, if there is one
    double rate;             // requests a second, all threads together
    size_t users;
    unsigned per_user;
    size_t payload;         // bytes of a session's data
    double seconds, warmup; // measured after so many seconds of the same
    double lag_ms;          // of the generator, above which nothing is reported
    uint64_t seed;
    unsigned threads, connections;    // connections of all threads
    const char *people, *json, *hgrm; // borrowed from the command line; NULL: none
    bool quiet;
};

// False: [error] is one sentence about the first thing that is wrong; empty: help was asked for.
bool options_read(struct options *o, int argc, char **argv, char *error, size_t size);
void options_print_help(FILE *f);

#endif
