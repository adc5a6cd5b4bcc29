// SPDX-License-Identifier: MIT
#include "object/reap.h"

#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"

// Count and mark of a dead object are not needed any more: their eight bytes hold the queue's link.
static tn_object **
next_of(tn_object *o)
{
    return (tn_object **)(void *)o;
}

static void
push(struct tni_reap *queue, tn_object *o)
{
    o->flags |= TNI_DEAD;
    *next_of(o) = *queue->insert;
    *queue->insert = o;
    queue->insert = next_of(o);
}

static tn_object *
pop(struct tni_reap *queue)
{
    tn_object *o = queue->first;
    if (o != NULL)
        queue->first = *next_of(o);
    queue->insert = &queue->first;
    return o;
}

void
tni_destroy(struct tni_objects *s, tn_object *o)
{
    tn_type *type = s->types[o->type];
    if (type->tracked)
        tni_untrack(s, o); // step 1
    if (type->weak_at != 0)
        tni_weak_clear(s, o);                       // step 4
    tni_drop_children(type, o);                     // step 5
    tni_object_free(&s->memory, &type->account, o); // step 6
}

void
tni_reap(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    tni_assert_owner(&s->memory);
    TN_ASSERT(o->type != TNI_TYPE_NONE && o->type < s->type_count && !(o->flags & TNI_DEAD));
    struct tni_reap *queue = &s->reap;
    if (!queue->running)
        queue->insert = &queue->first;
    push(queue, o);
    if (queue->running)
        return;
    queue->running = true;
    while ((o = pop(queue)) != NULL)
        tni_destroy(s, o);
    queue->running = false;
}
