// SPDX-License-Identifier: MIT
//
// power: the writes of FILE.undo are taken back from the last to the first.
#include "power.h"

#include "support.h"

#include "../server/disk/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char * /* new */
read_all(int fd, size_t *size)
{
    struct stat file;
    assert_int_equal(fstat(fd, &file), 0);
    char *bytes = malloc((size_t)file.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)file.st_size), file.st_size);
    *size = (size_t)file.st_size;
    return bytes;
}

// A record that the kill cut short was of a write that never began.
static size_t
find_records(const char *bytes, size_t size, size_t **starts)
{
    size_t count = 0;
    *starts = calloc(size / sizeof(struct disk_undo) + 1, sizeof **starts);
    for (size_t at = 0; at + sizeof(struct disk_undo) <= size;) {
        struct disk_undo undo;
        memcpy(&undo, bytes + at, sizeof undo);
        if (at + sizeof undo + (size_t)undo.kept > size)
            break;
        (*starts)[count++] = at;
        at += sizeof undo + (size_t)undo.kept;
    }
    return count;
}

static void
take_back(int fd, const char *bytes, size_t size)
{
    size_t *starts;
    for (size_t i = find_records(bytes, size, &starts); i-- > 0;) {
        struct disk_undo undo;
        memcpy(&undo, bytes + starts[i], sizeof undo);
        assert_int_equal(
            pwrite(fd, bytes + starts[i] + sizeof undo, (size_t)undo.kept, undo.offset), undo.kept);
        assert_int_equal(ftruncate(fd, undo.size), 0);
    }
    free(starts);
}

static void
cut_file(const char *folder, const char *undo_name)
{
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, undo_name);
    int undo = open(path, O_RDWR | O_CLOEXEC);
    assert_true(undo >= 0);
    char *bytes = read_all(undo, &size);
    assert_int_equal(ftruncate(undo, 0), 0);
    close(undo);
    path[strlen(path) - strlen(DISK_UNDO)] = '\0';
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        take_back(fd, bytes, size);
        close(fd);
    }
    free(bytes);
}

void
power_cut(const char *folder)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t len = strlen(e->d_name), tail = strlen(DISK_UNDO);
        if (len > tail && strcmp(e->d_name + len - tail, DISK_UNDO) == 0)
            cut_file(folder, e->d_name);
    }
    closedir(d);
}
