// SPDX-License-Identifier: MIT
//
// file: a temporary file beside the place, then rename(2). Not synced: nothing that must survive a
// power cut is written this way.
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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
write_new(const char *path, const char *content)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return false;
    bool written = fputs(content, f) >= 0;
    return fclose(f) == 0 && written;
}

bool
file_replace(const char *path, const char *content)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (write_new(temporary, content) && rename(temporary, path) == 0)
        return true;
    int reason = errno;
    unlink(temporary);
    errno = reason;
    return false;
}
