// SPDX-License-Identifier: MIT
//
// backup: a copy of the SQLite store in a file of its own.
//
// One read transaction sees the whole store as of one moment, and VACUUM INTO writes what it sees;
// whoever writes meanwhile is not held up. The copy has no log beside it.
#include "store/backup.h"

#include "base/config.h"
#include "store/db.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
refuse(const char *what, const char *path, char *error, size_t error_size)
{
    snprintf(error, error_size, "backup: %s %s: %s", what, path, strerror(errno));
    return false;
}

// Empty, for our eyes alone, and nobody's before.
static bool
make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool
sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    errno = reason;
    return synced;
}

static bool
sync_file_and_directory(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    return sync_path(path) && sync_path(dirname(copy));
}

// A file that is not ours is not backed up as if it were.
static enum db_fault
check_source(struct db *db)
{
    int64_t application = 0;
    enum db_fault fault = db_select_int(db, "PRAGMA application_id", &application);
    return fault == DB_OK && application != SCHEMA_APPLICATION ? DB_NOT_A_DATABASE : fault;
}

static enum db_fault
copy_into(struct db *db, const char *to)
{
    struct statement vacuum;
    statement_init(&vacuum, db, "VACUUM INTO ?1");
    statement_add_text(&vacuum, (struct span){to, strlen(to)});
    enum db_fault fault = statement_run(&vacuum);
    statement_fini(&vacuum);
    return fault;
}

static enum db_fault
copy(const char *from, const char *to)
{
    struct db *db = NULL;
    enum db_fault fault = db_open(from, DB_READER, &db);
    if (fault == DB_OK)
        fault = check_source(db);
    if (fault == DB_OK)
        fault = copy_into(db, to);
    db_close(db);
    return fault;
}

bool
backup_write(const char *from, const char *to, char *error, size_t error_size)
{
    if (!make_file(to))
        return refuse("cannot make", to, error, error_size);
    enum db_fault fault = copy(from, to);
    if (fault == DB_OK && sync_file_and_directory(to))
        return true;
    if (fault == DB_OK)
        refuse("cannot sync", to, error, error_size);
    else
        snprintf(error, error_size, "backup: %s %s", fault == DB_FULL ? to : from,
                 db_fault_sentence(fault));
    unlink(to);
    return false;
}

bool
backup_is_asked(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "backup") == 0;
}

static bool
backup_configured(const struct config *c, const char *to, char *error, size_t error_size)
{
    if (strcmp(c->store_kind, "sqlite") == 0)
        return backup_write(c->store_path, to, error, error_size);
    snprintf(error, error_size, "backup: only a store of kind sqlite is a file to copy");
    return false;
}

int
backup_main(int argc, char **argv, char **environ_)
{
    struct config config;
    char error[512] = "backup: say where to: tenured backup FILE";
    bool done = false;
    // What config reads stands behind the file's name.
    if (argc > 2 && argv[2][0] != '-' &&
        config_load(&config, argc - 2, argv + 2, environ_, error, sizeof error)) {
        done = backup_configured(&config, argv[2], error, sizeof error);
        if (done)
            printf("tenured: %s is a copy of %s\n", argv[2], config.store_path);
        config_fini(&config);
    }
    if (!done)
        fprintf(stderr, "tenured: %s\n", error);
    return done ? 0 : 1;
}
