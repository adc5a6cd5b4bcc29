// SPDX-License-Identifier: MIT
#include "gc/finish.h"

#include "object/traverse.h"
#include "object/weak.h"

// No member may be freed while the set is still being walked.
static void
hold_all(struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        set->items[i]->refs++;
}

// Step 4.
static void
clear_weak_references(struct tni_gc *gc, struct tni_stack *set)
{
    struct tni_objects *s = &gc->objects;
    for (size_t i = 0; i < set->len; i++)
        if (s->types[set->items[i]->type]->weak_at != 0)
            tni_weak_clear(s, set->items[i]);
}

// Step 5.
static void
drop_all_children(struct tni_gc *gc, struct tni_stack *set)
{
    for (size_t i = 0; i < set->len; i++)
        tni_drop_children(gc->objects.types[set->items[i]->type], set->items[i]);
}

// Step 6: with the holds gone, the counts reach zero and the memory is returned.
static size_t
release_all(struct tni_stack *set)
{
    size_t freed = 0;
    for (size_t i = 0; i < set->len; i++) {
        freed += set->items[i]->refs == 1;
        tn_decref(set->items[i]);
    }
    return freed;
}

void
tni_gc_finish(struct tni_gc *gc, tn_gc_result *result)
{
    struct tni_stack *set = &gc->garbage;
    hold_all(set);
    clear_weak_references(gc, set);
    drop_all_children(gc, set);
    result->collected = release_all(set);
    result->uncollectable = set->len - result->collected;
    set->len = 0;
}
