// SPDX-License-Identifier: MIT
//
// usage: what --help and --version print.
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdbool.h>

// True when one of the two was asked for and printed: the program has nothing else to do.
bool usage_answer(int argc, char **argv, const char *version);

#endif
