// SPDX-License-Identifier: MIT
//
// process: small files of /proc, read anew for each question.
#include "base/process.h"

#include "base/cgroup.h"

#include <dirent.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

static unsigned
usable_cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    long cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                             : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned there_are = cores < 1 ? 1 : (unsigned)cores, quota = cgroup_read_cores();
    return quota > 0 && quota < there_are ? quota : there_are;
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
process_give_memory_back(void)
{
    malloc_trim(0);
}

void
process_read_memory(struct process_memory *memory)
{
    struct cgroup_memory group;
    cgroup_read_memory(&group);
    *memory = (struct process_memory){.rss = resident_bytes(),
                                      .cgroup_current = group.current,
                                      .cgroup_max = group.max,
                                      .cgroup_held = group.held};
}
