// SPDX-License-Identifier: MIT
#include "gc/observers.h"

// Inside a collection a removed observer leaves a gap, so that nobody behind it is passed over.
static void
close_gaps(struct tni_gc *gc)
{
    size_t kept = 0;
    for (size_t i = 0; i < gc->observer_count; i++)
        if (gc->observers[i].callback != NULL)
            gc->observers[kept++] = gc->observers[i];
    gc->observer_count = kept;
}

// By number, because a callback may add one.
void
tni_gc_tell(struct tni_gc *gc, tn_gc_phase phase, const tn_gc_info *info)
{
    for (size_t i = 0; i < gc->observer_count; i++) {
        struct tni_observer o = gc->observers[i];
        if (o.callback != NULL)
            o.callback(phase, info, o.arg);
    }
    close_gaps(gc);
}

static bool
resize(struct tni_gc *gc, size_t room)
{
    size_t size = gc->observer_room * sizeof *gc->observers;
    void *observers =
        tni_table_resize(&gc->objects.memory, gc->observers, size, room * sizeof *gc->observers);
    if (observers == NULL && room > 0)
        return false;
    gc->observers = observers;
    gc->observer_room = room;
    return true;
}

void
tni_gc_observers_fini(struct tni_gc *gc)
{
    (void)resize(gc, 0);
}

tn_err
tn_gc_add_callback(tn_heap *heap, tn_gc_callback *callback, void *arg)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    if (callback == NULL)
        return TN_EINVAL;
    if (gc->observer_count == gc->observer_room && !resize(gc, gc->observer_room * 2 + 4))
        return TN_ENOMEM;
    gc->observers[gc->observer_count++] = (struct tni_observer){callback, arg};
    return TN_OK;
}

static size_t
find(const struct tni_gc *gc, tn_gc_callback *callback, const void *arg)
{
    size_t i = 0;
    while (i < gc->observer_count &&
           (gc->observers[i].callback != callback || gc->observers[i].arg != arg))
        i++;
    return i;
}

tn_err
tn_gc_remove_callback(tn_heap *heap, tn_gc_callback *callback, void *arg)
{
    struct tni_gc *gc = (struct tni_gc *)heap;
    size_t i = find(gc, callback, arg);
    if (callback == NULL || i == gc->observer_count)
        return TN_EKEY;
    gc->observers[i].callback = NULL;
    if (!gc->collecting)
        close_gaps(gc);
    return TN_OK;
}
