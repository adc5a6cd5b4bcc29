// SPDX-License-Identifier: MIT
//
// failing_disk: for LD_PRELOAD, stands before the C library and fails what a bad disk fails.
//
// FAILING_DISK names a file. While it is there, it says what fails and how: "sync EIO", "write
// ENOSPC". That holds for files whose path contains FAILING_DISK_STORE; all others are left alone.
// What does not fail goes to the system itself, so that nobody has to be looked for.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STANDS_BEFORE __attribute__((visibility("default")))

// The first line of the sign, or "".
static void
read_sign(char *line, size_t size)
{
    const char *path = getenv("FAILING_DISK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t len = fd >= 0 ? read(fd, line, size - 1) : 0;
    line[len > 0 ? len : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

static bool
is_of_store(int fd)
{
    char link[64], path[4096];
    const char *store = getenv("FAILING_DISK_STORE");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = store ? readlink(link, path, sizeof path - 1) : -1;
    path[len > 0 ? len : 0] = '\0';
    return len > 0 && strstr(path, store);
}

// Sets errno.
static bool
fails(const char *call, int fd)
{
    char sign[32];
    int before = errno;
    read_sign(sign, sizeof sign);
    bool is_meant = strncmp(sign, call, strlen(call)) == 0 && is_of_store(fd);
    errno = !is_meant ? before : strstr(sign, "ENOSPC") ? ENOSPC : EIO;
    return is_meant;
}

// --- What SQLite calls ---------------------------------------------------------------------------

STANDS_BEFORE ssize_t
write(int fd, const void *bytes, size_t size)
{
    return fails("write", fd) ? -1 : syscall(SYS_write, fd, bytes, size);
}

STANDS_BEFORE ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return fails("write", fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}

STANDS_BEFORE ssize_t
pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return fails("write", fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}

STANDS_BEFORE int
fsync(int fd)
{
    return fails("sync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

STANDS_BEFORE int
fdatasync(int fd)
{
    return fails("sync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
