// SPDX-License-Identifier: MIT
//
// A table of keys and values, in pairs. The object holds nothing but its span, so that an empty
// dict is as small as can be.
#include "containers/dict.h"

#include "containers/keyed.h"
#include "object/object.h"

enum { WIDTH = 2 };

static struct tni_span *
table_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_DICT);
}

static struct tni_account *
account_of(struct tni_objects *s)
{
    return &s->types[TNI_TYPE_DICT]->account;
}

// --- Public ----------------------------------------------------------------------------------

tn_object *
tn_dict_new_at(tn_heap *heap, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    return tni_object_new(s, s->types[TNI_TYPE_DICT], site);
}

size_t
tn_dict_len(const tn_object *o)
{
    return tni_keyed_len(table_of(o), WIDTH);
}

bool
tn_is_dict(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_DICT);
}

static tn_value
borrow(const tn_object *o, const struct tni_key *key)
{
    const tn_value *entry = tni_keyed_find(table_of(o), WIDTH, key);
    return entry != NULL ? entry[1] : TN_ABSENT;
}

tn_value
tn_dict_borrow(const tn_object *o, tn_value key)
{
    if (tn_is_absent(key))
        return TN_ABSENT;
    struct tni_key k = tni_key_of(tni_objects_of(o), key);
    return borrow(o, &k);
}

tn_value
tn_dict_borrow_str(const tn_object *o, const char *data, size_t len)
{
    struct tni_key k = tni_key_of_bytes(tni_objects_of(o), data, len);
    return borrow(o, &k);
}

tn_value
tn_dict_get(const tn_object *o, tn_value key)
{
    return tn_incref_value(tn_dict_borrow(o, key));
}

static void
replace(tn_value *place, tn_value v)
{
    tn_value former = *place;
    *place = tn_incref_value(v);
    tn_decref_value(former);
}

tn_err
tn_dict_set_at(tn_object *o, tn_value key, tn_value v, const tn_site *site)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tni_span *t = table_of(o);
    if (tn_is_absent(key) || tn_is_absent(v))
        return TN_EINVAL;
#if TN_CHECKS > 0
    tni_check_store(o, key);
    tni_check_store(o, v);
#endif
    struct tni_key k = tni_key_of(s, key);
    tn_value *entry = tni_keyed_find(t, WIDTH, &k);
    if (entry != NULL) {
        replace(&entry[1], v);
        return TN_OK;
    }
    return tni_keyed_insert(s, o, t, WIDTH, key, v, site) ? TN_OK : TN_ENOMEM;
}

static tn_err
take_out(tn_object *o, tn_value key, tn_value *value /* new */)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tni_span *t = table_of(o);
    struct tni_key k = tni_key_of(s, key);
    tn_value *entry = tn_is_absent(key) ? NULL : tni_keyed_find(t, WIDTH, &k);
    if (entry == NULL)
        return TN_EKEY;
    tn_value former = entry[0];
    *value = entry[1];
    tni_keyed_dig(s, t, WIDTH, entry);
    tn_decref_value(former);
    return TN_OK;
}

tn_err
tn_dict_delete(tn_object *o, tn_value key)
{
    tn_value former = TN_ABSENT;
    tn_err err = take_out(o, key, &former);
    tn_decref_value(former);
    return err;
}

tn_value
tn_dict_pop(tn_object *o, tn_value key)
{
    tn_value former = TN_ABSENT;
    (void)take_out(o, key, &former);
    return former;
}

tn_err
tn_dict_set_default(tn_object *o, tn_value key, tn_value v, tn_value *result)
{
    *result = tn_dict_get(o, key);
    tn_err err = tn_is_absent(*result) ? tn_dict_set(o, key, v) : TN_OK;
    if (err == TN_OK && tn_is_absent(*result))
        *result = tn_incref_value(v);
    return err;
}

uint32_t
tni_dict_stamp(const tn_object *o)
{
    return tni_keyed_stamp(table_of(o));
}

void
tn_dict_clear(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    tni_keyed_clear(s, account_of(s), table_of(o), WIDTH);
}

bool
tn_dict_next(const tn_object *o, size_t *cursor, tn_value *key, tn_value *value)
{
    const tn_value *entry = tni_keyed_next(table_of(o), WIDTH, cursor);
    if (entry == NULL)
        return false;
    *key = entry[0];
    *value = entry[1];
    return true;
}

static size_t
dict_size_of(const tn_object *o)
{
    return tni_keyed_occupies(table_of(o), WIDTH);
}

static bool
dict_check(const tn_object *o)
{
    return tni_keyed_check(tni_objects_of(o), table_of(o), WIDTH);
}

const struct tni_builtin tni_dict_type = {
    .spec = {.name = "dict",
             .native = sizeof(struct tni_span),
             .clear = tn_dict_clear,
             .size_of = dict_size_of},
    .spilled = true,
    .check = dict_check,
};
