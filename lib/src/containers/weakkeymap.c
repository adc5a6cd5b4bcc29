// SPDX-License-Identifier: MIT
#include "containers/weakkeymap.h"

#include "containers/weakkeys.h"
#include "object/object.h"

static struct tni_weakkeys *
map_of(const tn_object *o)
{
    return tni_weakkeys_of(o, TNI_TYPE_WEAKKEYMAP);
}

tn_object *
tn_weakkeymap_new_at(tn_heap *heap, const tn_site *site)
{
    return tni_weakkeys_new(heap, TNI_TYPE_WEAKKEYMAP, true, site);
}

tn_object *
tn_weakkeymap_copy_at(const tn_object *o, const tn_site *site)
{
    (void)map_of(o);
    return tni_weakkeys_copy(o, site);
}

size_t
tn_weakkeymap_len(const tn_object *o)
{
    return map_of(o)->len;
}

bool
tn_is_weakkeymap(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_WEAKKEYMAP);
}

// --- One entry -----------------------------------------------------------------------------------

tn_value
tn_weakkeymap_borrow(const tn_object *o, const tn_object *key)
{
    const struct tni_weakkeys *m = map_of(o);
    int64_t entry = tni_weakkeys_find(m, key);
    return entry != TNI_NO_ENTRY ? m->values.values[entry] : TN_ABSENT;
}

tn_value
tn_weakkeymap_get(const tn_object *o, const tn_object *key)
{
    return tn_incref_value(tn_weakkeymap_borrow(o, key));
}

static void
replace(tn_value *at, tn_value v)
{
    tn_value former = *at;
    *at = tn_incref_value(v);
    tn_decref_value(former);
}

tn_err
tn_weakkeymap_set_at(tn_object *o, tn_object *key, tn_value v, const tn_site *site)
{
    struct tni_weakkeys *m = map_of(o);
    if (tn_is_absent(v))
        return TN_EINVAL;
    if (!tni_is_weakly_referable(key))
        return TN_ETYPE;
    TN_DEBUG(tni_objects_of(key) == tni_objects_of(o));
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    int64_t entry = tni_weakkeys_find(m, key);
    if (entry == TNI_NO_ENTRY && !tni_weakkeys_reserve(m, 1, site))
        return TN_ENOMEM;
    if (entry == TNI_NO_ENTRY)
        entry = tni_weakkeys_add(m, key);
    replace(&m->values.values[entry], v);
    return TN_OK;
}

tn_err
tn_weakkeymap_set_default(tn_object *o, tn_object *key, tn_value v, tn_value *result)
{
    tn_value found = tn_weakkeymap_borrow(o, key);
    tn_err err = tn_is_absent(found) ? tn_weakkeymap_set_at(o, key, v, NULL) : TN_OK;
    if (err == TN_OK)
        *result = tn_weakkeymap_get(o, key);
    return err;
}

tn_value
tn_weakkeymap_pop(tn_object *o, const tn_object *key)
{
    struct tni_weakkeys *m = map_of(o);
    int64_t entry = tni_weakkeys_find(m, key);
    return entry != TNI_NO_ENTRY ? tni_weakkeys_remove(m, (uint32_t)entry) : TN_ABSENT;
}

tn_err
tn_weakkeymap_delete(tn_object *o, const tn_object *key)
{
    tn_value former = tn_weakkeymap_pop(o, key);
    tn_decref_value(former);
    return tn_is_absent(former) ? TN_EKEY : TN_OK;
}

// --- All entries ---------------------------------------------------------------------------------

void
tn_weakkeymap_clear(tn_object *o)
{
    tni_weakkeys_empty(map_of(o));
}

// The room is there before anything is set; but what a former value's finalizer enters takes of it.
tn_err
tn_weakkeymap_update(tn_object *o, const tn_object *from)
{
    struct tni_weakkeys *m = map_of(o);
    if (o == from)
        return TN_OK;
    tn_object *copy = tn_weakkeymap_copy_at(from, TN_SITE());
    if (copy == NULL || !tni_weakkeys_reserve(m, map_of(copy)->len, NULL)) {
        tn_decref(copy);
        return TN_ENOMEM;
    }
    const struct tni_weakkeys *source = map_of(copy);
    tn_err err = TN_OK;
    for (uint32_t i = 0; i < source->used && err == TN_OK; i++) {
        tn_object *key = tni_weakkeys_give(source, i);
        if (key != NULL)
            err = tn_weakkeymap_set_at(o, key, source->values.values[i], NULL);
        tn_decref(key);
    }
    tn_decref(copy);
    return err;
}

tn_err
tn_weakkeymap_each(const tn_object *o, bool (*fn)(tn_object *key, tn_value v, void *arg), void *arg)
{
    tn_object *copy = tn_weakkeymap_copy_at(o, TN_SITE());
    if (copy == NULL)
        return TN_ENOMEM;
    const struct tni_weakkeys *m = map_of(copy);
    bool more = true;
    for (uint32_t i = 0; more && i < m->used; i++) {
        tn_object *key = tni_weakkeys_give(m, i);
        more = key == NULL || fn(key, m->values.values[i], arg);
        tn_decref(key);
    }
    tn_decref(copy);
    return TN_OK;
}

const struct tni_builtin tni_weakkeymap_type = {
    .spec = {.name = "weakkeymap",
             .native = sizeof(struct tni_weakkeys),
             .clear = tni_weakkeys_clear,
             .size_of = tni_weakkeys_size_of},
    .spilled = true,
    .check = tni_weakkeys_check,
    .table_of = tni_weakkeys_table,
};
