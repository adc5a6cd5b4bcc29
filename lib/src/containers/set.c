// SPDX-License-Identifier: MIT
//
// As a dict without values: a table whose entries are members alone.
#include "containers/set.h"

#include "containers/keyed.h"
#include "object/object.h"
#include "object/track.h"

enum { WIDTH = 1 };

static bool
is_either(const tn_object *o)
{
    return o->type == TNI_TYPE_SET || o->type == TNI_TYPE_FROZENSET;
}

static struct tni_span *
members_of(const tn_object *o)
{
    TN_ASSERT(is_either(o));
    return tn_payload(o);
}

static struct tni_account *
account_of(const tn_object *o)
{
    return &tni_objects_of(o)->types[o->type]->account;
}

// --- Making --------------------------------------------------------------------------------------

tn_object *
tn_set_new_at(tn_heap *heap, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    return tni_object_new(s, s->types[TNI_TYPE_SET], site);
}

static void
fill(struct tni_objects *s, struct tni_span *members, const tn_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TN_DEBUG(!tn_is_absent(values[i]));
        struct tni_key k = tni_key_of(s, values[i]);
        if (tni_keyed_find(members, WIDTH, &k) != NULL)
            continue;
        tni_keyed_append(s, members, WIDTH, tn_incref_value(values[i]), TN_ABSENT);
    }
}

tn_object *
tn_frozenset_new_at(tn_heap *heap, const tn_value *values, size_t count, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_type *type = s->types[TNI_TYPE_FROZENSET];
    struct tni_span made = {NULL, 0, 0};
    if (count > UINT32_MAX)
        return NULL;
    if (count > 0 && !tni_keyed_alloc(s, &type->account, &made, WIDTH, (uint32_t)count))
        return NULL;
    tn_object *o =
        tni_object_new_sized(s, type, type->size, tni_must_be_tracked(values, count), site);
    if (o == NULL) {
        tni_keyed_free(s, &type->account, &made, WIDTH);
        return NULL;
    }
    fill(s, &made, values, count);
    *members_of(o) = made;
    return o;
}

bool
tn_is_set(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_SET);
}

bool
tn_is_frozenset(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_FROZENSET);
}

// --- Asking --------------------------------------------------------------------------------------

size_t
tn_set_len(const tn_object *o)
{
    return tni_keyed_len(members_of(o), WIDTH);
}

bool
tn_set_has(const tn_object *o, tn_value v)
{
    if (tn_is_absent(v))
        return false;
    struct tni_key k = tni_key_of(tni_objects_of(o), v);
    return tni_keyed_find(members_of(o), WIDTH, &k) != NULL;
}

bool
tn_set_has_str(const tn_object *o, const char *data, size_t len)
{
    struct tni_key k = tni_key_of_bytes(tni_objects_of(o), data, len);
    return tni_keyed_find(members_of(o), WIDTH, &k) != NULL;
}

bool
tni_set_next(const tn_object *o, size_t *cursor, tn_value *member)
{
    const tn_value *entry = tni_keyed_next(members_of(o), WIDTH, cursor);
    if (entry == NULL)
        return false;
    *member = *entry;
    return true;
}

uint32_t
tni_set_stamp(const tn_object *o)
{
    return tni_keyed_stamp(members_of(o));
}

bool
tn_set_is_subset(const tn_object *o, const tn_object *other)
{
    tn_value member;
    for (size_t cursor = 0; tni_set_next(o, &cursor, &member);)
        if (!tn_set_has(other, member))
            return false;
    return true;
}

bool
tn_set_equal(const tn_object *a, const tn_object *b)
{
    return tn_set_len(a) == tn_set_len(b) && tn_set_is_subset(a, b);
}

// --- Changing ------------------------------------------------------------------------------------

static struct tni_span *
changeable(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_SET);
}

tn_err
tn_set_add(tn_object *o, tn_value v)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tni_span *members = changeable(o);
    if (tn_is_absent(v))
        return TN_EINVAL;
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    struct tni_key k = tni_key_of(s, v);
    if (tni_keyed_find(members, WIDTH, &k) != NULL)
        return TN_OK;
    return tni_keyed_insert(s, o, members, WIDTH, v, TN_ABSENT, NULL) ? TN_OK : TN_ENOMEM;
}

tn_err
tn_set_remove(tn_object *o, tn_value v)
{
    struct tni_objects *s = tni_objects_of(o);
    struct tni_span *members = changeable(o);
    if (tn_is_absent(v))
        return TN_EKEY;
    struct tni_key k = tni_key_of(s, v);
    tn_value *entry = tni_keyed_find(members, WIDTH, &k);
    if (entry == NULL)
        return TN_EKEY;
    tn_value former = *entry;
    tni_keyed_dig(s, members, WIDTH, entry);
    tn_decref_value(former);
    return TN_OK;
}

static void
empty(tn_object *o)
{
    tni_keyed_clear(tni_objects_of(o), account_of(o), members_of(o), WIDTH);
}

void
tn_set_clear(tn_object *o)
{
    (void)changeable(o);
    empty(o);
}

// --- Types ---------------------------------------------------------------------------------------

static size_t
set_size_of(const tn_object *o)
{
    return tni_keyed_occupies(members_of(o), WIDTH);
}

// A frozen set is tracked if it must be.
static bool
set_check(const tn_object *o)
{
    const struct tni_span *members = members_of(o);
    bool tracked = tni_is_trackable(o) || !tni_must_be_tracked(members->values, members->count);
    return tracked && tni_keyed_check(tni_objects_of(o), members, WIDTH);
}

const struct tni_builtin tni_set_type = {
    .spec = {.name = "set",
             .native = sizeof(struct tni_span),
             .clear = empty,
             .size_of = set_size_of},
    .spilled = true,
    .check = set_check,
};

const struct tni_builtin tni_frozenset_type = {
    .spec = {.name = "frozenset",
             .native = sizeof(struct tni_span),
             .clear = empty,
             .size_of = set_size_of},
    .spilled = true,
    .check = set_check,
};
