// SPDX-License-Identifier: MIT
#include "containers/attributes.h"

#include "object/members.h"
#include "object/message.h"
#include "object/record.h"
#include "tenure/containers.h"

#include <string.h>

// --- Refusals --------------------------------------------------------------------------------

static tn_err
has_none(const tn_object *o, const char *name)
{
    return tni_refuse(tni_objects_of(o), TN_EATTRIBUTE, "'%s' object has no attribute '%s'",
                      tni_type_of(o)->name, name);
}

static tn_err
refuse(const tn_object *o, const char *what, const char *name, const char *why)
{
    return tni_refuse(tni_objects_of(o), TN_EATTRIBUTE, "%s '%s' of '%s' object %s", what, name,
                      tni_type_of(o)->name, why);
}

static tn_err
refuse_absent(const tn_object *o, const char *name)
{
    return tni_refuse(tni_objects_of(o), TN_EINVAL,
                      "attribute '%s' of '%s' object cannot be set to absent; tn_delete", name,
                      tni_type_of(o)->name);
}

// --- The instance's dictionary ---------------------------------------------------------------

static bool
is_apart(const tn_type *type, const tn_object *o)
{
    return tni_record_of(type, o)->apart;
}

// The dict that an instance holds instead of values.
static tn_object *
dict_of(const tn_type *type, const tn_object *o)
{
    return tn_as_object(tni_record_of(type, o)->values[0]);
}

// Absent where there is none, or no dictionary.
static tn_value
borrow(const tn_type *type, const tn_object *o, const char *name)
{
    if (type->record_at == 0)
        return TN_ABSENT;
    if (is_apart(type, o))
        return tn_dict_borrow_str(dict_of(type, o), name, strlen(name));
    const tn_value *place = tni_record_find(type, o, name);
    return place != NULL ? *place : TN_ABSENT;
}

static tn_err
set_in_dict(tn_object *dict, const char *name, tn_value v)
{
    tn_object *key = tn_str_new(tn_heap_of(dict), name, strlen(name));
    tn_err err = key != NULL ? tn_dict_set(dict, tn_ref(key), v) : TN_ENOMEM;
    tn_decref(key);
    return err;
}

static tn_err
copy_record(const tn_type *type, const tn_object *o, tn_object *dict)
{
    const struct tni_record *r = tni_record_of(type, o);
    tn_err err = TN_OK;
    for (size_t i = 0; err == TN_OK && i < r->count; i++) {
        uint8_t at = tni_record_order(r)[i];
        err = set_in_dict(dict, type->keys->names[at], r->values[at]);
    }
    return err;
}

// Making objects may run finalizers, which may set attributes of this one: again, then.
static tn_object *
dict_of_record(const tn_type *type, const tn_object *o)
{
    for (;;) {
        uint32_t changes = tni_record_of(type, o)->changes;
        tn_object *dict = tn_dict_new(tn_heap_of(o));
        bool made = dict != NULL && copy_record(type, o, dict) == TN_OK;
        if (made && changes == tni_record_of(type, o)->changes)
            return dict;
        tn_decref(dict);
        if (!made || is_apart(type, o))
            return NULL;
    }
}

// The values as they are now, under the names that are there already: no object is made.
static void
refresh(const tn_type *type, const tn_object *o, tn_object *dict)
{
    const struct tni_record *r = tni_record_of(type, o);
    tn_value key, value;
    size_t cursor = 0;
    for (size_t i = 0; i < r->count && tn_dict_next(dict, &cursor, &key, &value); i++)
        (void)tn_dict_set(dict, key, r->values[tni_record_order(r)[i]]);
}

static tn_err
move_apart(tn_type *type, tn_object *o)
{
    tn_object *dict = dict_of_record(type, o);
    tn_value *room = dict != NULL ? tni_record_room_for_dict(type, o) : NULL;
    if (room == NULL) {
        tn_decref(dict);
        return is_apart(type, o) ? TN_OK : TN_ENOMEM;
    }
    refresh(type, o, dict);
    tni_record_move_apart(type, o, room, tn_ref(dict));
    return TN_OK;
}

static tn_err
add_to_record(tn_type *type, tn_object *o, const char *name, tn_value v)
{
    tn_err err = tni_record_add(type, o, name, v);
    if (err == TN_OK)
        tn_incref_value(v);
    else if (err == TN_ELIMIT && (err = move_apart(type, o)) == TN_OK)
        err = set_in_dict(dict_of(type, o), name, v);
    return err;
}

static tn_err
set_in_record(tn_type *type, tn_object *o, const char *name, tn_value v)
{
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    if (is_apart(type, o))
        return set_in_dict(dict_of(type, o), name, v);
    tn_value *place = tni_record_find(type, o, name);
    if (place == NULL)
        return add_to_record(type, o, name, v);
    tn_value former = *place;
    *place = tn_incref_value(v);
    tn_decref_value(former);
    return TN_OK;
}

static tn_err
delete_from_dict(tn_object *o, tn_object *dict, const char *name)
{
    if (tn_is_absent(tn_dict_borrow_str(dict, name, strlen(name))))
        return has_none(o, name);
    tn_object *key = tn_str_new(tn_heap_of(dict), name, strlen(name));
    tn_err err = key != NULL ? tn_dict_delete(dict, tn_ref(key)) : TN_ENOMEM;
    tn_decref(key);
    return err;
}

static tn_err
delete_from_record(const tn_type *type, tn_object *o, const char *name)
{
    if (is_apart(type, o))
        return delete_from_dict(o, dict_of(type, o), name);
    tn_value *place = tni_record_find(type, o, name);
    if (place == NULL)
        return has_none(o, name);
    tn_decref_value(tni_record_remove(type, o, place));
    return TN_OK;
}

// --- By name ---------------------------------------------------------------------------------

// Gives [v] out, which is borrowed.
static tn_err
give(tn_value v, tn_value *result)
{
    *result = tn_incref_value(v);
    return TN_OK;
}

static tn_err
read_slot(const tn_object *o, size_t i, const char *name, tn_value *result)
{
    tn_value v = tn_slot_borrow(o, i);
    return tn_is_absent(v) ? has_none(o, name) : give(v, result);
}

static tn_err
get_shared(const tn_object *o, struct tni_found found, const char *name, tn_value *result)
{
    switch (found.kind) {
    case TNI_ATTRIBUTE:
        return give(found.member->value, result);
    case TNI_METHOD:
        return refuse(o, "attribute", name, "is a method, to be called");
    default:
        return has_none(o, name);
    }
}

tn_err
tn_get(tn_object *o, const char *name, tn_value *result)
{
    const tn_type *type = tni_type_of(o);
    struct tni_found found = tni_member_find(type, name);
    *result = TN_ABSENT;
    if (found.kind == TNI_SLOT)
        return read_slot(o, found.slot, name, result);
    if (found.kind == TNI_PROPERTY)
        return found.member->get != NULL ? found.member->get(o, result)
                                         : refuse(o, "property", name, "has no getter");
    tn_value v = borrow(type, o, name);
    return tn_is_absent(v) ? get_shared(o, found, name, result) : give(v, result);
}

static tn_err
refuse_new(const tn_object *o, struct tni_found found, const char *name)
{
    if (found.kind != TNI_NO_MEMBER)
        return refuse(o, "attribute", name, "is its type's and cannot be changed");
    return tni_refuse(tni_objects_of(o), TN_EATTRIBUTE,
                      "'%s' object has no attribute '%s' and no dictionary for new ones",
                      tni_type_of(o)->name, name);
}

tn_err
tn_set(tn_object *o, const char *name, tn_value v)
{
    tn_type *type = tni_type_of(o);
    struct tni_found found = tni_member_find(type, name);
    if (tn_is_absent(v))
        return refuse_absent(o, name);
    if (found.kind == TNI_SLOT) {
        tn_slot_set(o, found.slot, v);
        return TN_OK;
    }
    if (found.kind == TNI_PROPERTY)
        return found.member->set != NULL ? found.member->set(o, v)
                                         : refuse(o, "property", name, "has no setter");
    return type->record_at != 0 ? set_in_record(type, o, name, v) : refuse_new(o, found, name);
}

static tn_err
empty_slot(tn_object *o, size_t i, const char *name)
{
    if (tn_is_absent(tn_slot_borrow(o, i)))
        return has_none(o, name);
    tn_slot_set(o, i, TN_ABSENT);
    return TN_OK;
}

tn_err
tn_delete(tn_object *o, const char *name)
{
    const tn_type *type = tni_type_of(o);
    struct tni_found found = tni_member_find(type, name);
    if (found.kind == TNI_SLOT)
        return empty_slot(o, found.slot, name);
    if (found.kind == TNI_PROPERTY)
        return refuse(o, "property", name, "cannot be deleted");
    if (type->record_at != 0)
        return delete_from_record(type, o, name);
    return found.kind == TNI_NO_MEMBER ? has_none(o, name) : refuse_new(o, found, name);
}

// --- Methods ---------------------------------------------------------------------------------

tn_err
tn_call(tn_object *o, const char *name, const tn_value *args, size_t count, tn_value *result)
{
    struct tni_found found = tni_member_find(tni_type_of(o), name);
    *result = TN_NONE;
    if (found.kind == TNI_NO_MEMBER)
        return has_none(o, name);
    if (found.kind != TNI_METHOD)
        return refuse(o, "attribute", name, "is not a method");
    return found.member->call(o, args, count, result);
}

tn_method *
tn_type_method(const tn_type *type, const char *name)
{
    struct tni_found found = tni_member_find(type, name);
    return found.kind == TNI_METHOD ? found.member->call : NULL;
}

// --- Class attributes ------------------------------------------------------------------------

static struct tni_objects *
space_of(const tn_type *type)
{
    return type->space;
}

static tn_err
type_has_none(const tn_type *type, const char *name)
{
    return tni_refuse(space_of(type), TN_EATTRIBUTE, "type '%s' has no class attribute '%s'",
                      type->name, name);
}

tn_err
tn_type_get(const tn_type *type, const char *name, tn_value *result)
{
    struct tni_found found = tni_member_find(type, name);
    *result = TN_ABSENT;
    return found.kind == TNI_ATTRIBUTE ? give(found.member->value, result)
                                       : type_has_none(type, name);
}

tn_err
tn_type_set(tn_type *type, const char *name, tn_value v)
{
    struct tni_found found = tni_member_find_own(type, name);
    if (found.kind != TNI_ATTRIBUTE)
        return type_has_none(type, name);
    if (tn_is_absent(v))
        return tni_refuse(space_of(type), TN_EINVAL,
                          "class attribute '%s' of '%s' cannot be set to absent", name, type->name);
    tn_value former = found.member->value;
    found.member->value = tn_incref_value(v);
    tn_decref_value(former);
    return TN_OK;
}

// --- All at once -----------------------------------------------------------------------------

static tn_err
copy_slots(const tn_type *type, const tn_object *o, tn_object *dict)
{
    tn_err err = TN_OK;
    for (size_t i = 0; err == TN_OK && i < type->slot_count; i++)
        if (!tn_is_absent(tn_slot_borrow(o, i)))
            err = set_in_dict(dict, type->slots[i], tn_slot_borrow(o, i));
    return err;
}

static tn_err
copy_dict(tn_object *from, tn_object *to)
{
    tn_value key, value;
    tn_err err = TN_OK;
    for (size_t cursor = 0; err == TN_OK && tn_dict_next(from, &cursor, &key, &value);)
        err = tn_dict_set(to, key, value);
    return err;
}

// What is apart may change meanwhile, as above; a copy of the record is a dict that does not.
static tn_err
copy_dictionary(const tn_type *type, const tn_object *o, tn_object *to)
{
    tn_object *copy = is_apart(type, o) ? NULL : dict_of_record(type, o);
    if (copy == NULL && !is_apart(type, o))
        return TN_ENOMEM;
    tn_err err = copy_dict(copy != NULL ? copy : dict_of(type, o), to);
    tn_decref(copy);
    return err;
}

tn_object *
tn_vars_at(const tn_object *o, const tn_site *site)
{
    tn_object *dict = tn_dict_new_at(tn_heap_of(o), site);
    if (dict == NULL)
        return NULL;
    const tn_type *type = tni_type_of(o);
    tn_err err = copy_slots(type, o, dict);
    if (err == TN_OK && type->record_at != 0)
        err = copy_dictionary(type, o, dict);
    if (err != TN_OK)
        TN_CLEAR(dict);
    return dict;
}

// --- Another type ----------------------------------------------------------------------------

static bool
has_hooks(const tn_type *type)
{
    bool has = type->spilled || type->native_size > 0;
    for (const tn_type *t = type; t != NULL; t = t->base)
        has |= t->traverse != NULL || t->clear != NULL || t->size_of != NULL;
    return has;
}

static bool
is_same_layout(const tn_type *a, const tn_type *b)
{
    bool same = a->space == b->space && a->size == b->size && a->slot_count == b->slot_count &&
                a->weak_at == b->weak_at && a->record_at == b->record_at &&
                a->tracked == b->tracked && a->flags == b->flags && a->finalize == b->finalize &&
                !has_hooks(a) && !has_hooks(b);
    for (size_t i = 0; same && i < a->slot_count; i++)
        same = tni_is_name(a->slots[i], b->slots[i]);
    return same;
}

// Positions are the former type's, a dict is anybody's.
static tn_err
leave_keys(tn_type *type, tn_object *o)
{
    bool has_values = type->record_at != 0 && tni_record_of(type, o)->room > 0;
    return has_values && !is_apart(type, o) ? move_apart(type, o) : TN_OK;
}

static void
move_account(tn_type *from, tn_type *to, size_t bytes)
{
    from->account.objects--;
    from->account.bytes -= bytes;
    to->account.objects++;
    to->account.bytes += bytes;
}

tn_err
tn_set_type(tn_object *o, tn_type *type)
{
    tn_type *former = tni_type_of(o);
    if (!is_same_layout(former, type))
        return tni_refuse(tni_objects_of(o), TN_ETYPE, "'%s' and '%s' differ in layout",
                          former->name, type->name);
    tn_err err = leave_keys(former, o);
    if (err != TN_OK)
        return err;
    size_t record = type->record_at != 0 ? tni_record_size(former, o) : 0;
    move_account(former, type, tni_page_of(o)->size + record);
    o->type = type->index;
    return TN_OK;
}

// --- Slots as things -------------------------------------------------------------------------

tn_err
tn_slot_find(const tn_type *type, const char *name, tn_slot *slot)
{
    struct tni_found found = tni_member_find(type, name);
    if (found.kind != TNI_SLOT)
        return tni_refuse(space_of(type), TN_EATTRIBUTE, "type '%s' has no slot '%s'", type->name,
                          name);
    *slot = (tn_slot){type, found.slot};
    return TN_OK;
}

static tn_err
check_holder(tn_slot slot, const tn_object *o)
{
    const tn_type *type = tni_type_of(o);
    if (tni_is_base(slot.type, type))
        return TN_OK;
    return tni_refuse(tni_objects_of(o), TN_ETYPE, "slot '%s' of '%s' is not for a '%s' object",
                      slot.type->slots[slot.index], slot.type->name, type->name);
}

tn_err
tn_slot_read(tn_slot slot, const tn_object *o, tn_value *result)
{
    tn_err err = check_holder(slot, o);
    *result = TN_ABSENT;
    return err != TN_OK ? err : read_slot(o, slot.index, slot.type->slots[slot.index], result);
}

tn_err
tn_slot_write(tn_slot slot, tn_object *o, tn_value v)
{
    tn_err err = check_holder(slot, o);
    if (err == TN_OK && tn_is_absent(v))
        err = refuse_absent(o, slot.type->slots[slot.index]);
    if (err == TN_OK)
        tn_slot_set(o, slot.index, v);
    return err;
}
