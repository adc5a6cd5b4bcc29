// SPDX-License-Identifier: MIT
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- The stream ----------------------------------------------------------------------------------

static ssize_t
read_some(void *cookie, char *bytes, size_t size)
{
    return read(((struct spool *)cookie)->file, bytes, size);
}

static int
refusal_of(const struct spool_bound *b, size_t size)
{
    if (b->error != 0)
        return b->error;
    if (b->may_go_on != NULL && !b->may_go_on(b->arg))
        return ECANCELED;
    return b->used + size > b->limit ? EFBIG : 0;
}

// 0 is how such a function says that it failed.
static ssize_t
write_some(void *cookie, const char *bytes, size_t size)
{
    struct spool *s = cookie;
    ssize_t written = 0;
    s->bound->error = refusal_of(s->bound, size);
    if (s->bound->error == 0 && (written = write(s->file, bytes, size)) <= 0) {
        s->bound->error = written < 0 ? errno : ENOSPC;
        written = 0;
    }
    s->bound->used += (size_t)written;
    s->size += (size_t)written;
    errno = s->bound->error;
    return written;
}

static int
seek(void *cookie, off64_t *offset, int whence)
{
    off64_t at = lseek64(((struct spool *)cookie)->file, *offset, whence);
    if (at >= 0)
        *offset = at;
    return at >= 0 ? 0 : -1;
}

// --- The file ------------------------------------------------------------------------------------

// Not every file system has files without a name; there it has one for a moment.
static int
make_file(const char *folder)
{
    char path[4096];
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    if (snprintf(path, sizeof path, "%s/.spool-XXXXXX", folder) >= (int)sizeof path)
        return -1;
    file = mkostemp(path, O_CLOEXEC); // 0600
    if (file >= 0)
        unlink(path);
    return file;
}

bool
spool_open(struct spool *s, const char *folder, struct spool_bound *bound)
{
    static const cookie_io_functions_t functions = {read_some, write_some, seek, NULL};
    *s = (struct spool){.file = make_file(folder), .bound = bound};
    if (s->file < 0)
        return false;
    s->stream = fopencookie(s, "w+", functions);
    if (s->stream != NULL) {
        setvbuf(s->stream, NULL, _IOFBF, 1 << 16);
        return true;
    }
    close(s->file);
    return false;
}

int
spool_take_file(struct spool *s)
{
    int file = s->file;
    bool fine = fflush(s->stream) == 0 && !ferror(s->stream) && s->bound->error == 0;
    fclose(s->stream);
    s->stream = NULL;
    if (fine)
        return file;
    close(file);
    return -1;
}

void
spool_close(struct spool *s)
{
    if (s->stream == NULL)
        return;
    fclose(s->stream);
    close(s->file);
    s->stream = NULL;
}

void
spool_folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, size, "%.*s", len, slash == NULL ? "." : path);
}
