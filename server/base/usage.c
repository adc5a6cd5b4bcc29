// SPDX-License-Identifier: MIT
//
// usage: the flags are read by config; here they are only told.
#include "base/usage.h"

#include <stdio.h>
#include <string.h>

static const char HELP[] =
    "Usage: tenured [--config FILE] [--set KEY=VALUE]... [--ports-file PATH]\n"
    "       tenured backup FILE [--config FILE] [--set KEY=VALUE]...\n"
    "       tenured healthcheck [--config FILE] [--set KEY=VALUE]... [--ports-file PATH]\n"
    "       tenured token show SCOPE [--config FILE] [--set KEY=VALUE]...\n"
    "       tenured token new\n"
    "\n"
    "Keeps sessions and users in a garbage-collected heap and serves them over HTTP.\n"
    "\n"
    "  --config FILE        settings; config/README.md lists the keys\n"
    "  --set KEY=VALUE      one setting, stronger than file and environment; may be repeated\n"
    "  --ports-file PATH    written once both planes serve: data PORT, admin PORT\n"
    "  backup FILE          copies the store to a new file, also while a service runs on it\n"
    "  healthcheck          exits 0 if a service with these settings is ready, else 1\n"
    "  token show SCOPE     prints the file of tokens that auth.generate made: data, read,\n"
    "                       operate or dump\n"
    "  token new            prints a new token\n"
    "  --check              reads the settings, says what is wrong with them, and exits\n"
    "  --print-config       prints the settings, tokens masked, and exits\n"
    "  --help, --version    print this, or the version, and exit\n"
    "\n"
    "SIGTERM finishes the requests in flight and exits 0; SIGINT, or a second SIGTERM, exits 0 at\n"
    "once. Whatever was acknowledged is stored by then. SIGHUP reads tokens, rules and log.level\n"
    "again.\n";

static bool
has(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return true;
    return false;
}

bool
usage_answer(int argc, char **argv, const char *version)
{
    if (has(argc, argv, "--help"))
        fputs(HELP, stdout);
    else if (has(argc, argv, "--version"))
        printf("tenured %s\n", version);
    else
        return false;
    return true;
}
