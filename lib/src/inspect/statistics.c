// SPDX-License-Identifier: MIT
#include "inspect/statistics.h"

#include <string.h>

// One group in the making, or one trace that will become part of it.
struct entry {
    tn_statistic s;
    size_t old_size, old_count;
};

struct entries {
    struct entry *items;
    size_t count, room;
    tn_group group;
    bool cumulative;
};

// --- Keys ----------------------------------------------------------------------------------------

static int
compare_frames(const tn_site *a, const tn_site *b)
{
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order != 0 ? order : strcmp(a->function, b->function);
}

static int
compare_keys(const tn_statistic *a, const tn_statistic *b)
{
    int order = strcmp(a->name, b->name);
    for (size_t i = 0; order == 0 && i < a->frame_count && i < b->frame_count; i++)
        order = compare_frames(&a->frames[i], &b->frames[i]);
    if (order != 0)
        return order;
    return (a->frame_count > b->frame_count) - (a->frame_count < b->frame_count);
}

static int
compare_entries(const void *a, const void *b)
{
    return compare_keys(&((const struct entry *)a)->s, &((const struct entry *)b)->s);
}

// The part of [frame] that the group is about.
static tn_site
key_of(tn_group group, const tn_site *frame)
{
    switch (group) {
    case TN_BY_FILE:
        return (tn_site){frame->file, 0, ""};
    case TN_BY_FUNCTION:
        return (tn_site){frame->file, 0, frame->function};
    default:
        return *frame;
    }
}

// --- Collecting ----------------------------------------------------------------------------------

static struct entry *
add(struct entries *e)
{
    if (e->count == e->room) {
        size_t room = e->room * 2 + 64;
        void *items = tni_scratch_resize(e->items, room * sizeof *e->items);
        if (items == NULL)
            return NULL;
        e->items = items;
        e->room = room;
    }
    return memset(&e->items[e->count++], 0, sizeof *e->items);
}

static bool
is_repeated(tn_group group, const tn_site *frames, size_t at)
{
    tn_site key = key_of(group, &frames[at]);
    for (size_t i = 0; i < at; i++) {
        tn_site other = key_of(group, &frames[i]);
        if (compare_frames(&key, &other) == 0)
            return true;
    }
    return false;
}

static bool
add_group(struct entries *e, const tn_site *frames, size_t count, const char *name,
          const tn_snapshot_trace *t, bool is_old)
{
    struct entry *entry = add(e);
    if (entry == NULL)
        return false;
    entry->s = (tn_statistic){.frames = frames, .frame_count = count, .name = name};
    *(is_old ? &entry->old_size : &entry->s.size) = t->bytes;
    *(is_old ? &entry->old_count : &entry->s.count) = t->count;
    return true;
}

static bool
add_trace(struct entries *e, const tn_snapshot_trace *t, bool is_old)
{
    switch (e->group) {
    case TN_BY_TYPE:
        return add_group(e, NULL, 0, t->type, t, is_old);
    case TN_BY_DOMAIN:
        return add_group(e, NULL, 0, t->domain, t, is_old);
    case TN_BY_TAG:
        return add_group(e, NULL, 0, t->tag, t, is_old);
    case TN_BY_TRACEBACK:
        return add_group(e, t->frames, t->frame_count, "", t, is_old);
    default:
        break;
    }
    size_t count = e->cumulative ? t->frame_count : 1;
    for (size_t i = 0; i < count; i++)
        if (!is_repeated(e->group, t->frames, i) && !add_group(e, &t->frames[i], 1, "", t, is_old))
            return false;
    return true;
}

// What is not in use and never was in the other snapshot is no group.
static bool
add_snapshot(struct entries *e, const tn_snapshot *s, bool is_old)
{
    tn_snapshot_trace t;
    for (size_t i = 0; s != NULL && tn_snapshot_get(s, i, &t); i++)
        if ((t.count > 0 || t.bytes > 0) && !add_trace(e, &t, is_old))
            return false;
    return true;
}

// --- Merging and sorting -------------------------------------------------------------------------

static int
compare_by_key(const void *a, const void *b, void *group)
{
    const struct entry *x = a, *y = b;
    tn_group by = *(tn_group *)group;
    if (by > TN_BY_FUNCTION)
        return compare_entries(a, b);
    tn_site m = key_of(by, x->s.frames), n = key_of(by, y->s.frames);
    return compare_frames(&m, &n);
}

static void
merge(struct entries *e)
{
    size_t kept = 0;
    if (e->count > 0)
        qsort_r(e->items, e->count, sizeof *e->items, compare_by_key, &e->group);
    for (size_t i = 0; i < e->count; i++) {
        struct entry *from = &e->items[i], *to = kept > 0 ? &e->items[kept - 1] : NULL;
        if (to == NULL || compare_by_key(to, from, &e->group) != 0) {
            e->items[kept++] = *from;
            continue;
        }
        to->s.size += from->s.size;
        to->s.count += from->s.count;
        to->old_size += from->old_size;
        to->old_count += from->old_count;
    }
    e->count = kept;
}

static int
larger_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static uint64_t
magnitude(int64_t i)
{
    return i < 0 ? -(uint64_t)i : (uint64_t)i;
}

static int
compare_rows(const void *a, const void *b)
{
    const tn_statistic *x = a, *y = b;
    int order = larger_first(magnitude(x->size_diff), magnitude(y->size_diff));
    if (order == 0)
        order = larger_first(x->size, y->size);
    if (order == 0)
        order = larger_first(magnitude(x->count_diff), magnitude(y->count_diff));
    if (order == 0)
        order = larger_first(x->count, y->count);
    return order != 0 ? order : compare_keys(y, x);
}

// The frames of groups by file and function have to lose what the group is not about; they stand
// behind the rows.
static bool
give(const struct entries *e, bool is_diff, tn_statistics *result)
{
    size_t size = e->count * (sizeof(tn_statistic) + sizeof(tn_site));
    tn_statistic *rows = tni_scratch_resize(NULL, size + 1);
    if (rows == NULL)
        return false;
    tn_site *keys = (tn_site *)(void *)(rows + e->count);
    for (size_t i = 0; i < e->count; i++) {
        rows[i] = e->items[i].s;
        if (e->group <= TN_BY_FUNCTION) {
            keys[i] = key_of(e->group, rows[i].frames);
            rows[i].frames = &keys[i];
        }
        rows[i].size_diff = is_diff ? (int64_t)(rows[i].size - e->items[i].old_size) : 0;
        rows[i].count_diff = is_diff ? (int64_t)(rows[i].count - e->items[i].old_count) : 0;
    }
    if (e->count > 0)
        qsort(rows, e->count, sizeof *rows, compare_rows);
    *result = (tn_statistics){rows, e->count, is_diff};
    return true;
}

tn_err
tn_snapshot_statistics(const tn_snapshot *s, const tn_snapshot *older, tn_group group,
                       unsigned flags, tn_statistics *result)
{
    if (group > TN_BY_TAG || (flags & TN_CUMULATIVE && group > TN_BY_FUNCTION))
        return TN_EINVAL;
    struct entries e = {.group = group, .cumulative = flags & TN_CUMULATIVE};
    bool done = add_snapshot(&e, s, false) && add_snapshot(&e, older, true);
    if (done) {
        merge(&e);
        done = give(&e, older != NULL, result);
    }
    free(e.items);
    return done ? TN_OK : TN_ENOMEM;
}

void
tn_statistics_free(tn_statistics *statistics)
{
    free(statistics->rows);
    *statistics = (tn_statistics){0};
}
