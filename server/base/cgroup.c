// SPDX-License-Identifier: MIT
//
// cgroup: what the control groups of this process allow it.
//
// A limit may stand in the group itself or in one above it; the smallest one counts, because that
// is the one at which the system starts to kill, or to hold back. A container may see its own group
// at the top, under a path that it does not see: so files that are not there are looked for on the
// way up.
#include "base/cgroup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 4096 };

// Version 1 writes "no limit" as the largest multiple of a page.
static const int64_t NO_LIMIT = INT64_MAX / 2;

struct group {
    char path[PATH_ROOM]; // of its folder
    size_t top;           // length of the path of the hierarchy's uppermost one
    bool is_version2;
};

// --- Files ---------------------------------------------------------------------------------------

static const char * /* borrowed */
root(void)
{
    const char *test = getenv("TENURED_TEST_ROOT");
    return test ? test : "";
}

static FILE * /* new */
open_in(const struct group *g, const char *file)
{
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", g->path, file);
    return fopen(path, "re");
}

// Up to [count] numbers of the file's first line; "max" and what cannot be read are -1.
static void
read_numbers(const struct group *g, const char *file, int64_t *numbers, size_t count)
{
    char line[128] = "", *at = line;
    FILE *f = open_in(g, file);
    if (f) {
        if (!fgets(line, sizeof line, f))
            line[0] = '\0';
        fclose(f);
    }
    for (size_t i = 0; i < count; i++) {
        char *end;
        at += strspn(at, " ");
        errno = 0;
        long long n = strtoll(at, &end, 10);
        bool read = end != at && errno == 0 && n >= 0 && n < NO_LIMIT;
        numbers[i] = read ? n : -1;
        at += strcspn(at, " ");
    }
}

static int64_t
read_number(const struct group *g, const char *file)
{
    int64_t n;
    read_numbers(g, file, &n, 1);
    return n;
}

// --- Groups --------------------------------------------------------------------------------------

// A line of /proc/self/cgroup is "number:controllers:path"; version 2 has no controllers.
static bool
has_controller(const char *controllers, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = controllers; (at = strstr(at, name)) != NULL; at += len)
        if ((at == controllers || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

static void
enter(struct group *g, const char *controllers, const char *controller, const char *path)
{
    g->is_version2 = controllers[0] == '\0';
    int top = snprintf(g->path, sizeof g->path, "%s/sys/fs/cgroup%s%s", root(),
                       g->is_version2 ? "" : "/", g->is_version2 ? "" : controller);
    g->top = (size_t)top;
    if (g->top < sizeof g->path && strcmp(path, "/") != 0)
        snprintf(g->path + g->top, sizeof g->path - g->top, "%s", path);
}

// The group that [controller] sees this process in. A controller of version 1 comes before the line
// of version 2, which then does not have it.
static bool
find(struct group *g, const char *controller)
{
    char line[PATH_ROOM];
    bool found = false;
    snprintf(line, sizeof line, "%s/proc/self/cgroup", root());
    FILE *f = fopen(line, "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        found = controllers[0] == '\0' || has_controller(controllers, controller);
        if (found)
            enter(g, controllers, controller, path);
    }
    if (f)
        fclose(f);
    return found;
}

// To the group above; false at the top of the hierarchy.
static bool
step_up(struct group *g)
{
    char *slash = strrchr(g->path, '/');
    if (slash < g->path + g->top)
        return false;
    *slash = '\0';
    return true;
}

// --- Memory --------------------------------------------------------------------------------------

// Pages of files, which the system takes back before it kills. Version 1 has two rows of a name;
// those that begin with "total_" count the groups below too.
static int64_t
read_file_cache(const struct group *g)
{
    const char *prefix = g->is_version2 ? "" : "total_";
    int64_t sum = 0;
    char line[128], names[2][32];
    snprintf(names[0], sizeof names[0], "%sinactive_file ", prefix);
    snprintf(names[1], sizeof names[1], "%sactive_file ", prefix);
    FILE *f = open_in(g, "memory.stat");
    while (f && fgets(line, sizeof line, f))
        for (int i = 0; i < 2; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                sum += strtoll(line + strlen(names[i]), NULL, 10);
    if (f)
        fclose(f);
    return sum;
}

static int64_t
read_use(const struct group *g)
{
    return read_number(g, g->is_version2 ? "memory.current" : "memory.usage_in_bytes");
}

static void
note_limit(const struct group *g, struct cgroup_memory *m)
{
    int64_t limit = read_number(g, g->is_version2 ? "memory.max" : "memory.limit_in_bytes");
    if (limit < 0 || (m->max >= 0 && limit >= m->max))
        return;
    int64_t use = read_use(g), cache = read_file_cache(g);
    m->max = limit;
    m->held = use < 0 ? -1 : use > cache ? use - cache : 0;
}

void
cgroup_read_memory(struct cgroup_memory *m)
{
    struct group g;
    *m = (struct cgroup_memory){-1, -1, -1};
    if (!find(&g, "memory"))
        return;
    do {
        note_limit(&g, m);
        if (m->current < 0)
            m->current = read_use(&g);
    } while (step_up(&g));
}

// --- Processors ----------------------------------------------------------------------------------

// Version 2 writes "QUOTA PERIOD" or "max PERIOD"; version 1 has two files, and -1 for no quota.
static unsigned
read_quota(const struct group *g)
{
    int64_t n[2];
    if (g->is_version2) {
        read_numbers(g, "cpu.max", n, 2);
    } else {
        n[0] = read_number(g, "cpu.cfs_quota_us");
        n[1] = read_number(g, "cpu.cfs_period_us");
    }
    return n[0] > 0 && n[1] > 0 ? (unsigned)((n[0] - 1) / n[1] + 1) : 0;
}

unsigned
cgroup_read_cores(void)
{
    struct group g;
    unsigned least = 0;
    if (!find(&g, "cpu"))
        return 0;
    do {
        unsigned cores = read_quota(&g);
        if (cores > 0 && (least == 0 || cores < least))
            least = cores;
    } while (step_up(&g));
    return least;
}
