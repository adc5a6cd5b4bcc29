// SPDX-License-Identifier: MIT
//
// postgres: a program's PostgreSQL server, in a folder of its own, for tests.
#include "postgres.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

char postgres_conninfo[160];
static char *server_folder;

// The first line that the script prints, without its end. Its parent is the test: the server ends
// with it.
static bool
run(char *line, size_t size, const char *format, ...)
{
    char command[1024] = "exec support/postgres.sh ";
    va_list args;
    va_start(args, format);
    vsnprintf(command + strlen(command), sizeof command - strlen(command), format, args);
    va_end(args);
    FILE *script = popen(command, "r");
    line[0] = 0;
    if (script && fgets(line, (int)size, script))
        line[strcspn(line, "\n")] = 0;
    return script && pclose(script) == 0;
}

bool
postgres_is_there(void)
{
    char line[256];
    return run(line, sizeof line, "find");
}

int
postgres_start(void **state)
{
    char port[256];
    server_folder = tempdir_new();
    if (chmod(server_folder, 0711) != 0 || !run(port, sizeof port, "start %s/p", server_folder))
        fail_msg("PostgreSQL does not start in %s", server_folder);
    snprintf(postgres_conninfo, sizeof postgres_conninfo,
             "host=127.0.0.1 port=%.5s user=tenured dbname=postgres sslmode=disable", port);
    return 0;
}

int
postgres_stop(void **state)
{
    char line[256];
    run(line, sizeof line, "kill %s/p", server_folder);
    tempdir_free(server_folder);
    return 0;
}

void
postgres_run(const char *sql)
{
    char line[256];
    if (!run(line, sizeof line, "sql %s/p \"%s\"", server_folder, sql))
        fail_msg("PostgreSQL refuses %s", sql);
}
