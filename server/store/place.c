// SPDX-License-Identifier: MIT
//
// place: the directory, the file and the lock, in this order; each failure is one sentence.
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int
refuse(const char *what, const char *path, char *error, size_t error_size)
{
    snprintf(error, error_size, "store.path: %s %s: %s", what, path, strerror(errno));
    return -1;
}

static int
make_directory(const char *path, char *error, size_t error_size)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy)) {
        errno = ENAMETOOLONG;
        return refuse("cannot use", path, error, error_size);
    }
    const char *directory = dirname(copy);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return refuse("cannot make the directory", directory, error, error_size);
    return 0;
}

static int
open_private(const char *path, char *error, size_t error_size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : refuse("cannot open", path, error, error_size);
}

static int
lock_file(const char *path, char *error, size_t error_size)
{
    char name[PATH_MAX + 8];
    snprintf(name, sizeof(name), "%s.lock", path);
    int fd = open_private(name, error, error_size);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        snprintf(error, error_size,
                 "store.path: %s is in use by another instance; stop it or choose another path",
                 path);
    else
        refuse("cannot lock", name, error, error_size);
    close(fd);
    return -1;
}

int
place_take(const char *path, char *error, size_t error_size)
{
    if (make_directory(path, error, error_size) != 0)
        return -1;
    int place = lock_file(path, error, error_size);
    if (place < 0)
        return -1;
    int file = open_private(path, error, error_size);
    if (file < 0) {
        close(place);
        return -1;
    }
    close(file);
    return place;
}

void
place_give(int place)
{
    close(place);
}
