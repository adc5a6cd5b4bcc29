// SPDX-License-Identifier: MIT
#include "containers/weakset.h"

#include "containers/weakkeys.h"

static struct tni_weakkeys *
set_of(const tn_object *o)
{
    return tni_weakkeys_of(o, TNI_TYPE_WEAKSET);
}

tn_object *
tn_weakset_new_at(tn_heap *heap, const tn_site *site)
{
    return tni_weakkeys_new(heap, TNI_TYPE_WEAKSET, false, site);
}

tn_object *
tn_weakset_copy_at(const tn_object *o, const tn_site *site)
{
    (void)set_of(o);
    return tni_weakkeys_copy(o, site);
}

size_t
tn_weakset_len(const tn_object *o)
{
    return set_of(o)->len;
}

bool
tn_is_weakset(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_WEAKSET);
}

// --- One member ----------------------------------------------------------------------------------

bool
tn_weakset_has(const tn_object *o, const tn_object *member)
{
    return tni_weakkeys_find(set_of(o), member) != TNI_NO_ENTRY;
}

tn_err
tn_weakset_add_at(tn_object *o, tn_object *member, const tn_site *site)
{
    if (!tni_is_weakly_referable(member))
        return TN_ETYPE;
    TN_DEBUG(tni_objects_of(member) == tni_objects_of(o));
    if (tn_weakset_has(o, member))
        return TN_OK;
    if (!tni_weakkeys_reserve(set_of(o), 1, site))
        return TN_ENOMEM;
    (void)tni_weakkeys_add(set_of(o), member);
    return TN_OK;
}

tn_err
tn_weakset_remove(tn_object *o, const tn_object *member)
{
    int64_t entry = tni_weakkeys_find(set_of(o), member);
    if (entry == TNI_NO_ENTRY)
        return TN_EKEY;
    (void)tni_weakkeys_remove(set_of(o), (uint32_t)entry);
    return TN_OK;
}

tn_object *
tn_weakset_pop_any(tn_object *o)
{
    struct tni_weakkeys *k = set_of(o);
    for (uint32_t i = k->used; i-- > 0;) {
        tn_object *member = tni_weakkeys_give(k, i);
        if (member == NULL)
            continue;
        (void)tni_weakkeys_remove(k, i);
        return member;
    }
    return NULL;
}

void
tn_weakset_clear(tn_object *o)
{
    tni_weakkeys_empty(set_of(o));
}

// --- Two sets: nothing here drops a reference, so that no member dies meanwhile
// -------------------

// A member of the set that is not dying; NULL: the entry has none.
static tn_object *
member_at(const struct tni_weakkeys *k, uint32_t i)
{
    tn_object *member = k->links[i].target;
    return member != NULL && !(member->flags & TNI_DEAD) ? member : NULL;
}

tn_err
tn_weakset_add_all(tn_object *o, const tn_object *other)
{
    const struct tni_weakkeys *from = set_of(other);
    if (o == other)
        return TN_OK;
    if (!tni_weakkeys_reserve(set_of(o), from->len, NULL))
        return TN_ENOMEM;
    for (uint32_t i = 0; i < from->used; i++)
        if (member_at(from, i) != NULL)
            (void)tn_weakset_add_at(o, member_at(from, i), NULL);
    return TN_OK;
}

// Removes the members whose being in [other] is [present].
static void
remove_those(tn_object *o, const tn_object *other, bool present)
{
    struct tni_weakkeys *k = set_of(o);
    for (uint32_t i = 0; i < k->used; i++)
        if (member_at(k, i) != NULL && tn_weakset_has(other, member_at(k, i)) == present)
            (void)tni_weakkeys_remove(k, i);
}

void
tn_weakset_keep_all(tn_object *o, const tn_object *other)
{
    remove_those(o, other, false);
}

void
tn_weakset_remove_all(tn_object *o, const tn_object *other)
{
    remove_those(o, other, true);
}

// What is in both goes last, so that only adding may lack memory.
tn_err
tn_weakset_flip_all(tn_object *o, const tn_object *other)
{
    tn_object *common = tn_weakset_copy_at(o, TN_SITE());
    if (common == NULL)
        return TN_ENOMEM;
    tn_weakset_keep_all(common, other);
    tn_err err = tn_weakset_add_all(o, other);
    if (err == TN_OK)
        tn_weakset_remove_all(o, common);
    tn_decref(common);
    return err;
}

bool
tn_weakset_is_subset(const tn_object *o, const tn_object *other)
{
    const struct tni_weakkeys *k = set_of(o);
    for (uint32_t i = 0; i < k->used; i++)
        if (member_at(k, i) != NULL && !tn_weakset_has(other, member_at(k, i)))
            return false;
    return true;
}

bool
tn_weakset_is_disjoint(const tn_object *o, const tn_object *other)
{
    const struct tni_weakkeys *k = set_of(o);
    for (uint32_t i = 0; i < k->used; i++)
        if (member_at(k, i) != NULL && tn_weakset_has(other, member_at(k, i)))
            return false;
    return true;
}

tn_err
tn_weakset_each(const tn_object *o, bool (*fn)(tn_object *member, void *arg), void *arg)
{
    tn_object *copy = tn_weakset_copy_at(o, TN_SITE());
    if (copy == NULL)
        return TN_ENOMEM;
    const struct tni_weakkeys *k = set_of(copy);
    bool more = true;
    for (uint32_t i = 0; more && i < k->used; i++) {
        tn_object *member = tni_weakkeys_give(k, i);
        more = member == NULL || fn(member, arg);
        tn_decref(member);
    }
    tn_decref(copy);
    return TN_OK;
}

const struct tni_builtin tni_weakset_type = {
    .spec = {.name = "weakset",
             .native = sizeof(struct tni_weakkeys),
             .flags = TN_ACYCLIC,
             .clear = tni_weakkeys_clear,
             .size_of = tni_weakkeys_size_of},
    .check = tni_weakkeys_check,
    .table_of = tni_weakkeys_table,
};
