// SPDX-License-Identifier: MIT
#include "gc/settings.h"

#include "gc/automatic.h"

#include <string.h>
#include <sys/random.h>

static struct tni_gc *
gc_of(const tn_heap *heap)
{
    return (struct tni_gc *)(uintptr_t)heap;
}

static bool
may_change(const struct tni_gc *gc, tn_gc_key key)
{
    return gc->key == 0 || gc->key == key;
}

void
tn_gc_get_settings(const tn_heap *heap, tn_gc_settings *settings)
{
    *settings = gc_of(heap)->settings;
}

tn_err
tn_gc_set_settings(tn_heap *heap, const tn_gc_settings *settings, tn_gc_key key)
{
    struct tni_gc *gc = gc_of(heap);
    if (!may_change(gc, key))
        return TN_ELOCKED;
    gc->settings = *settings;
    tni_gc_arm(gc);
    return TN_OK;
}

static tn_err
set_enabled(tn_heap *heap, bool enabled, tn_gc_key key)
{
    tn_gc_settings settings = gc_of(heap)->settings;
    settings.enabled = enabled;
    return tn_gc_set_settings(heap, &settings, key);
}

tn_err
tn_gc_enable(tn_heap *heap, tn_gc_key key)
{
    return set_enabled(heap, true, key);
}

tn_err
tn_gc_disable(tn_heap *heap, tn_gc_key key)
{
    return set_enabled(heap, false, key);
}

// A key cannot be guessed by accident; it is no defence against code in the same process.
static tn_gc_key
make_key(const struct tni_gc *gc)
{
    tn_gc_key key = (uintptr_t)gc;
    (void)!getrandom(&key, sizeof key, GRND_NONBLOCK);
    return key != 0 ? key : 1;
}

tn_err
tn_gc_lock_settings(tn_heap *heap, const char *who, tn_gc_key *key)
{
    struct tni_gc *gc = gc_of(heap);
    if (gc->key != 0)
        return TN_ELOCKED;
    *key = gc->key = make_key(gc);
    strncpy(gc->holder, who, sizeof gc->holder - 1);
    return TN_OK;
}

tn_err
tn_gc_unlock_settings(tn_heap *heap, tn_gc_key key)
{
    struct tni_gc *gc = gc_of(heap);
    if (gc->key == 0 || gc->key != key)
        return TN_ELOCKED;
    gc->key = 0;
    memset(gc->holder, 0, sizeof gc->holder);
    return TN_OK;
}

const char *
tn_gc_settings_holder(const tn_heap *heap)
{
    const struct tni_gc *gc = gc_of(heap);
    return gc->key != 0 ? gc->holder : NULL;
}
