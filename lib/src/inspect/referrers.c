// SPDX-License-Identifier: MIT
#include "inspect/referrers.h"

#include "inspect/walk.h"
#include "object/weak.h"

struct request {
    struct tni_objects *s;
    tn_object *const *targets;
    size_t target_count;
    tn_reference *rows;
    size_t count, max;
};

static void
note(const tn_object *holder, size_t place, void *arg)
{
    struct request *r = arg;
    if (!tni_weak_may_give(r->s, (tn_object *)(uintptr_t)holder))
        return;
    if (r->count < r->max)
        r->rows[r->count] = tni_describe(holder, place);
    r->count++;
}

static void
look_into(tn_object *holder, void *arg)
{
    const struct request *r = arg;
    for (size_t i = 0; i < r->target_count; i++)
        tni_each_place(holder, r->targets[i], note, arg);
}

size_t
tn_referrers_get(tn_object *const *objects, size_t count, tn_reference *rows, size_t max)
{
    if (count == 0)
        return 0;
    struct request r = {tni_objects_of(objects[0]), objects, count, rows, 0, max};
    tni_walk(r.s, look_into, &r);
    return r.count;
}
