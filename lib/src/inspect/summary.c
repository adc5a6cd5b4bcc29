// SPDX-License-Identifier: MIT
#include "inspect/summary.h"

#include "inspect/numbering.h"
#include "inspect/recording.h"
#include "inspect/snapshot.h"

struct sum {
    size_t bytes, count;
};

struct summary {
    struct tni_recording r;
    struct tni_numbering keys; // traceback or NULL, type's name, whether it is a domain
    struct tni_pile sums;      // of struct sum, by number
};

static bool
add(struct summary *s, const struct tni_recorded_stack *stack, const char *type, bool is_domain,
    size_t bytes)
{
    size_t i = tni_numbering_of(&s->keys, (uintptr_t)stack, (uintptr_t)type, is_domain);
    bool fine =
        i != SIZE_MAX && (i < s->sums.count || tni_pile_add(&s->sums, sizeof(struct sum)) != NULL);
    s->r.words.lacks_memory |= !fine;
    if (!fine)
        return false;
    struct sum *sum = (struct sum *)s->sums.items + i;
    sum->bytes += bytes;
    sum->count++;
    return true;
}

static bool
add_object(void *arg, const struct tni_recorded_object *o)
{
    return add(arg, o->stack, o->type->name, false, o->bytes);
}

static bool
add_domain(void *arg, size_t heap, const struct tni_recorded_type *t, uint64_t bytes)
{
    return add(arg, NULL, t->name, true, bytes);
}

static bool
append_row(const struct summary *s, size_t i, tn_snapshot *snapshot)
{
    static const tn_site unknown = {"<unknown>", 0, "<unknown>"};
    const struct tni_recorded_stack *stack = (const void *)s->keys.keys[i].a;
    const struct sum *sum = (const struct sum *)s->sums.items + i;
    const char *type = (const char *)s->keys.keys[i].b;
    tn_snapshot_trace row = {.domain = s->keys.keys[i].c ? type : "objects",
                             .type = type,
                             .tag = "",
                             .frames = stack != NULL ? stack->frames : &unknown,
                             .frame_count = stack != NULL ? stack->count : 1,
                             .total_frames = stack != NULL ? stack->total : 1,
                             .bytes = sum->bytes,
                             .count = sum->count,
                             .made_bytes = sum->bytes,
                             .made_count = sum->count};
    return tni_snapshot_append(snapshot, &row);
}

static tn_err
summarize(struct summary *s, tn_snapshot **result)
{
    static const struct tni_pass everything = {.begin = add_object, .domain = add_domain};
    tn_err err = tni_recording_read(&s->r, &everything, s);
    tn_snapshot *snapshot = err == TN_OK ? tni_snapshot_new() : NULL;
    bool fine = snapshot != NULL;
    for (size_t i = 0; fine && i < s->keys.count; i++)
        fine = append_row(s, i, snapshot);
    if (fine)
        *result = snapshot;
    else
        tn_snapshot_free(snapshot);
    return err != TN_OK || fine ? err : TN_ENOMEM;
}

tn_err
tn_dump_snapshot(FILE *records, tn_dump_counts *counts, tn_snapshot **snapshot)
{
    struct summary s = {0};
    tn_err err = tni_recording_open(&s.r, records);
    if (err != TN_OK)
        return err;
    err = summarize(&s, snapshot);
    if (err == TN_OK && counts != NULL)
        *counts = s.r.counts;
    tni_numbering_drop(&s.keys);
    tni_pile_drop(&s.sums);
    tni_recording_close(&s.r);
    return err;
}
