// SPDX-License-Identifier: MIT
//
// process: small files of /proc and /sys, read anew for each question.
//
// A group's limit may stand in the group itself or in one above it; the smallest one counts,
// because that is the one at which the system starts to kill.
#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

// Version 1 writes "no limit" as the largest multiple of a page.
static const int64_t NO_LIMIT = INT64_MAX / 2;

// The number that is all there is in [path]; -1 for anything else, "max" included.
static int64_t
read_number(const char *path)
{
    char line[64] = "";
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    bool read = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    char *end;
    errno = 0;
    long long n = strtoll(line, &end, 10);
    return read && end != line && errno == 0 && n >= 0 && n < NO_LIMIT ? n : -1;
}

static int64_t
resident_bytes(void)
{
    long long size, resident;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return -1;
    int fields = fscanf(f, "%lld %lld", &size, &resident);
    fclose(f);
    return fields == 2 ? resident * sysconf(_SC_PAGESIZE) : -1;
}

// A line of /proc/self/cgroup is "number:controllers:path"; version 2 has no controllers.
static bool
is_memory_line(const char *controllers, bool *version2)
{
    *version2 = controllers[0] == '\0';
    if (*version2)
        return true;
    for (const char *at = controllers; (at = strstr(at, "memory")) != NULL; at += 6)
        if ((at == controllers || at[-1] == ',') && (at[6] == ',' || at[6] == '\0'))
            return true;
    return false;
}

// The folder of the group that accounts for this process's memory. A memory controller of version 1
// comes before the line of version 2, which then has none.
static bool
find_group(char group[PATH_ROOM], bool *version2)
{
    char line[PATH_ROOM];
    bool found = false;
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        found = is_memory_line(controllers + 1, version2);
        const char *root = *version2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        snprintf(group, PATH_ROOM, "%s%s", root, strcmp(path, "/") == 0 ? "" : path);
    }
    if (f)
        fclose(f);
    return found;
}

static int64_t
read_in_group(const char *group, const char *file)
{
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", group, file);
    return read_number(path);
}

// Cuts the last name off; false at the top of the hierarchy.
static bool
step_up(char *group)
{
    *strrchr(group, '/') = '\0';
    return strlen(group) >= strlen("/sys/fs/cgroup");
}

// A container may see its own group at the top, under a path that it does not see: so the use is
// the first one that can be read on the way up.
static void
read_use_and_limit(char *group, const char *use_file, const char *limit_file,
                   struct process_memory *memory)
{
    do {
        int64_t limit = read_in_group(group, limit_file);
        if (limit >= 0 && (memory->cgroup_max < 0 || limit < memory->cgroup_max))
            memory->cgroup_max = limit;
        if (memory->cgroup_current < 0)
            memory->cgroup_current = read_in_group(group, use_file);
    } while (step_up(group));
}

static unsigned
usable_cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    long cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                             : sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : (unsigned)cores;
}

unsigned
process_cores(int64_t wanted, unsigned least)
{
    if (wanted > 0)
        return (unsigned)wanted;
    unsigned cores = usable_cores();
    return cores < least ? least : cores;
}

// --- Use -----------------------------------------------------------------------------------------

static double
seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// The system notes the start in ticks since it was booted, behind the name and 19 other fields.
static double
start_seconds(void)
{
    unsigned long long ticks = 0;
    FILE *f = fopen("/proc/self/stat", "re");
    if (f) {
        int fields = fscanf(f,
                            "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d "
                            "%*d %*d %*d %*d %*d %llu",
                            &ticks);
        ticks = fields == 1 ? ticks : 0;
        fclose(f);
    }
    return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
           (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

// Not the one that looks, nor "." and "..".
static long
count_open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return -1;
    long count = -3;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

void
process_read_use(struct process_use *use)
{
    struct rlimit limit;
    bool is_limited = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    *use = (struct process_use){.cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
                                .start_seconds = start_seconds(),
                                .open_fds = count_open_fds(),
                                .max_fds = is_limited ? (long)limit.rlim_cur : -1};
}

// --- Memory --------------------------------------------------------------------------------------

void
process_read_memory(struct process_memory *memory)
{
    char group[PATH_ROOM];
    bool version2;
    *memory = (struct process_memory){resident_bytes(), -1, -1};
    if (!find_group(group, &version2))
        return;
    if (version2)
        read_use_and_limit(group, "memory.current", "memory.max", memory);
    else
        read_use_and_limit(group, "memory.usage_in_bytes", "memory.limit_in_bytes", memory);
}
