// SPDX-License-Identifier: MIT
//
// commands: what the program does instead of serving: tokens for people, and a look at the
// settings.
#ifndef BASE_COMMANDS_H
#define BASE_COMMANDS_H

#include <stdbool.h>

// "token new", "token show SCOPE", or --check or --print-config among the flags.
bool commands_is_one(int argc, char **argv);
// Other arguments are those of the service. Returns what the process exits with.
int commands_main(int argc, char **argv, char **environ_);

#endif
