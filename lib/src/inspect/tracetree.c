// SPDX-License-Identifier: MIT
#include "inspect/tracetree.h"

// The number of the call of [function] by the call [above]; SIZE_MAX: out of memory.
static size_t
call_of(struct tni_tracetree *t, size_t above, size_t function)
{
    size_t place = tni_numbering_of(&t->places, above, function, 0);
    if (place == SIZE_MAX || place + 1 < t->calls.count)
        return place == SIZE_MAX ? place : place + 1;
    struct tni_call *call = tni_pile_add(&t->calls, sizeof *call);
    if (call == NULL)
        return SIZE_MAX;
    struct tni_call *calls = tni_tracetree_calls(t);
    *call = (struct tni_call){.function = function, .above = above, .next = calls[above].first};
    calls[above].first = place + 1;
    return place + 1;
}

static size_t
leaf_of(struct tni_tracetree *t, const struct tni_recorded_stack *stack)
{
    size_t call = 0;
    for (size_t i = stack->count; i > 0 && call != SIZE_MAX; i--) {
        const tn_site *f = &stack->frames[i - 1];
        size_t function = tni_numbering_of(&t->functions, (uintptr_t)f->function,
                                           (uintptr_t)f->file, (uintptr_t)f->line);
        call = function == SIZE_MAX ? SIZE_MAX : call_of(t, call, function + 1);
    }
    return call;
}

bool
tni_tracetree_build(struct tni_tracetree *t, const struct tni_recording *r)
{
    *t = (struct tni_tracetree){0};
    size_t count = r->stacks.count;
    t->leaves = tni_scratch_resize(NULL, (count + 1) * sizeof *t->leaves);
    if (t->leaves == NULL || tni_pile_add(&t->calls, sizeof(struct tni_call)) == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if ((t->leaves[i] = leaf_of(t, &tni_recorded_stacks(r)[i])) == SIZE_MAX)
            return false;
    return true;
}

void
tni_tracetree_drop(struct tni_tracetree *t)
{
    tni_numbering_drop(&t->functions);
    tni_numbering_drop(&t->places);
    tni_pile_drop(&t->calls);
    free(t->leaves);
}
