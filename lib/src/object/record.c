// SPDX-License-Identifier: MIT
#include "object/record.h"

#include "object/members.h"

#include <string.h>

// --- The names of a type ---------------------------------------------------------------------

static size_t
position_of(const struct tni_keys *keys, const char *name)
{
    size_t i = 0;
    while (keys != NULL && i < keys->count && !tni_is_name(keys->names[i], name))
        i++;
    return i;
}

static bool
make_keys(struct tni_objects *s, tn_type *type)
{
    if (type->keys == NULL)
        type->keys = tni_table_resize(&s->memory, NULL, 0, sizeof *type->keys);
    else
        return true;
    if (type->keys != NULL)
        type->keys->count = 0;
    return type->keys != NULL;
}

// The position of [name], a new one if need be.
static tn_err
take_position(struct tni_objects *s, tn_type *type, const char *name, size_t *position)
{
    if (!make_keys(s, type))
        return TN_ENOMEM;
    struct tni_keys *keys = type->keys;
    *position = position_of(keys, name);
    if (*position < keys->count)
        return TN_OK;
    if (keys->count == TNI_MAX_KEYS)
        return TN_ELIMIT;
    size_t size = strlen(name) + 1;
    char *copy = tni_table_resize(&s->memory, NULL, 0, size);
    if (copy == NULL)
        return TN_ENOMEM;
    keys->names[keys->count++] = memcpy(copy, name, size);
    return TN_OK;
}

void
tni_keys_fini(struct tni_objects *s, struct tni_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->count; i++)
        tni_table_resize(&s->memory, keys->names[i], strlen(keys->names[i]) + 1, 0);
    tni_table_resize(&s->memory, keys, sizeof *keys, 0);
}

// --- Room ------------------------------------------------------------------------------------

static size_t
bytes_of(size_t room)
{
    return room * (sizeof(tn_value) + 1);
}

static void
free_values(const tn_type *type, tn_object *o, const struct tni_record *r)
{
    struct tni_objects *s = tni_objects_of(o);
    tni_buffer_free(&s->memory, &s->types[type->index]->account, r->values, bytes_of(r->room));
}

static tn_value *
new_values(tn_type *type, tn_object *o, size_t room)
{
    tn_value *values = tni_buffer_alloc(&tni_objects_of(o)->memory, &type->account, bytes_of(room));
    for (size_t i = 0; values != NULL && i < room; i++)
        values[i] = TN_ABSENT;
    return values;
}

static bool
grow(tn_type *type, tn_object *o, struct tni_record *r, size_t room)
{
    struct tni_record grown = *r;
    grown.values = new_values(type, o, room);
    grown.room = (uint8_t)room;
    if (grown.values == NULL)
        return false;
    if (r->values != NULL) {
        memcpy(grown.values, r->values, r->room * sizeof *r->values);
        memcpy(tni_record_order(&grown), tni_record_order(r), r->count);
    }
    free_values(type, o, r);
    *r = grown;
    return true;
}

// --- Attributes ------------------------------------------------------------------------------

tn_value *
tni_record_find(const tn_type *type, const tn_object *o, const char *name)
{
    struct tni_record *r = tni_record_of(type, o);
    TN_DEBUG(!r->apart);
    size_t at = position_of(type->keys, name);
    bool found = at < r->room && !tn_is_absent(r->values[at]);
    return found ? &r->values[at] : NULL;
}

tn_err
tni_record_add(tn_type *type, tn_object *o, const char *name, tn_value v)
{
    struct tni_record *r = tni_record_of(type, o);
    size_t at = 0;
    tn_err err = take_position(tni_objects_of(o), type, name, &at);
    if (err != TN_OK)
        return err;
    if (at >= r->room && !grow(type, o, r, type->keys->count))
        return TN_ENOMEM;
    r->values[at] = v;
    tni_record_order(r)[r->count++] = (uint8_t)at;
    r->changes++;
    return TN_OK;
}

tn_value
tni_record_remove(const tn_type *type, tn_object *o, tn_value *place)
{
    struct tni_record *r = tni_record_of(type, o);
    uint8_t *order = tni_record_order(r);
    tn_value former = *place;
    uint8_t *at = memchr(order, (int)(place - r->values), r->count);
    memmove(at, at + 1, (size_t)(order + --r->count - at));
    *place = TN_ABSENT;
    r->changes++;
    return former;
}

// --- Apart -----------------------------------------------------------------------------------

tn_value *
tni_record_room_for_dict(tn_type *type, tn_object *o)
{
    return new_values(type, o, 1);
}

void
tni_record_move_apart(tn_type *type, tn_object *o, tn_value *room, tn_value dict)
{
    struct tni_record *r = tni_record_of(type, o), former = *r;
    tn_gc_touch(tn_as_object(dict));
    *r = (struct tni_record){room, 1, 1, true, former.changes + 1};
    room[0] = dict;
    *tni_record_order(r) = 0;
    for (size_t i = 0; i < former.room; i++)
        tn_decref_value(former.values[i]); // the dict has them: none dies
    free_values(type, o, &former);
}

// --- Passes ----------------------------------------------------------------------------------

void
tni_record_traverse(const tn_type *type, tn_object *o, tn_visit *visit, void *arg)
{
    struct tni_record *r = tni_record_of(type, o);
    for (size_t i = 0; i < r->room; i++)
        if (tn_is_object(r->values[i]))
            visit(tn_as_object(r->values[i]), arg);
}

void
tni_record_clear(const tn_type *type, tn_object *o)
{
    struct tni_record *r = tni_record_of(type, o), former = *r;
    *r = (struct tni_record){.changes = former.changes + 1};
    for (size_t i = 0; i < former.count; i++)
        tn_decref_value(former.values[tni_record_order(&former)[i]]);
    free_values(type, o, &former);
}

size_t
tni_record_size(const tn_type *type, const tn_object *o)
{
    const struct tni_record *r = tni_record_of(type, o);
    return r->room == 0 ? 0 : tni_buffer_occupies(bytes_of(r->room));
}

static size_t
set_values(const struct tni_record *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->room; i++)
        count += !tn_is_absent(r->values[i]);
    return count;
}

// Each position in the order has a value and stands there once.
bool
tni_record_check(const tn_object *o)
{
    const struct tni_record *r = tni_record_of(tni_type_of(o), o);
    uint32_t seen = 0;
    for (size_t i = 0; i < r->count; i++) {
        uint8_t at = tni_record_order(r)[i];
        if (at >= r->room || tn_is_absent(r->values[at]) || seen >> at & 1)
            return false;
        seen |= UINT32_C(1) << at;
    }
    return r->count <= r->room && set_values(r) == r->count && (!r->apart || r->room == 1);
}
