// SPDX-License-Identifier: MIT
//
// file: a temporary file beside the place, then rename(2).
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
file_read(const char *path, size_t limit)
{
    FILE *f = fopen(path, "re");
    char *content = f ? malloc(limit + 1) : NULL;
    size_t size = content ? fread(content, 1, limit + 1, f) : 0;
    bool whole = content && !ferror(f) && size <= limit;
    int reason = size > limit ? EFBIG : errno;
    if (f)
        fclose(f);
    if (whole) {
        content[size] = '\0';
        return content;
    }
    free(content);
    errno = reason;
    return NULL;
}

static bool
write_all(int fd, const char *content)
{
    for (size_t left = strlen(content); left > 0;) {
        ssize_t written = write(fd, content, left);
        if (written < 0 && errno != EINTR)
            return false;
        content += written > 0 ? written : 0;
        left -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool
write_new(const char *path, const char *content, mode_t mode, bool synced)
{
    unlink(path); // of a process with this number, which did not come to its end
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    bool written = write_all(fd, content) && (!synced || fsync(fd) == 0);
    int reason = errno;
    bool closed = close(fd) == 0;
    if (!written)
        errno = reason;
    return written && closed;
}

static bool
replace(const char *path, const char *content, mode_t mode, bool synced)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (write_new(temporary, content, mode, synced) && rename(temporary, path) == 0)
        return true;
    int reason = errno;
    unlink(temporary);
    errno = reason;
    return false;
}

bool
file_replace(const char *path, const char *content)
{
    return replace(path, content, 0666, false);
}

bool
file_make_private(const char *path, const char *content)
{
    return replace(path, content, 0600, true);
}
