// SPDX-License-Identifier: MIT
//
// Entries stand in the order of insertion; a deleted one leaves a hole until the next rebuild. A
// dict with room for SMALL entries is searched from the front; a larger one has an index behind
// them: positions of entries plus one, found by linear probing from the hash. A hole keeps its
// index position, so that probing goes on past it.
#include "containers/dict.h"

#include "containers/key.h"
#include "object/object.h"

#include <string.h>

struct entry {
    tn_value key, value; // both absent: a hole
};

// What a dict that ever had an entry points to.
struct table {
    uint32_t holes; // among the entries that were used
    uint32_t stamp; // of the last insertion or deletion
    struct entry entries[];
};

// The object holds nothing but the span, so that an empty dict is as small as can be.
struct dict {
    struct tni_span values; // the entries as pairs of values; [room] is that of entries
};

enum { SMALL = 8 };

static const uint32_t max_room = UINT32_C(1) << 30;

static struct dict *
dict_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_DICT);
}

static struct entry *
entries_of(const struct dict *d)
{
    return (struct entry *)(void *)d->values.values;
}

static struct table *
table_of(const struct dict *d)
{
    return (struct table *)(void *)((char *)d->values.values - offsetof(struct table, entries));
}

static uint32_t
used_entries(const struct dict *d)
{
    return d->values.count / 2;
}

static uint32_t
len_of(const struct dict *d)
{
    return d->values.room == 0 ? 0 : used_entries(d) - table_of(d)->holes;
}

// A power of two of which at most two thirds are in use; 0: a small dict has none.
static uint32_t
index_size_for(uint32_t room)
{
    if (room <= SMALL)
        return 0;
    return UINT32_C(1) << (32 - __builtin_clz(room + room / 2 - 1));
}

static uint32_t
index_size_of(const struct dict *d)
{
    return index_size_for(d->values.room);
}

// Behind the entries.
static uint32_t *
index_of(const struct dict *d)
{
    return (uint32_t *)(void *)(entries_of(d) + d->values.room);
}

// --- Searching -------------------------------------------------------------------------------

static struct entry *
find_in_index(const struct dict *d, const struct tni_key *key)
{
    const uint32_t *index = index_of(d);
    uint32_t size = index_size_of(d), at = tni_index_home(key->hash, size);
    for (; index[at] != 0; at = tni_index_next(at, size)) {
        struct entry *e = &entries_of(d)[index[at] - 1];
        if (tni_key_is(key, e->key))
            return e;
    }
    return NULL;
}

static struct entry *
find(const struct dict *d, const struct tni_key *key)
{
    if (d->values.room > SMALL)
        return find_in_index(d, key);
    for (uint32_t i = 0; i < used_entries(d); i++)
        if (tni_key_is(key, entries_of(d)[i].key))
            return &entries_of(d)[i];
    return NULL;
}

static void
index_entry(struct dict *d, uint32_t entry, uint64_t hash)
{
    uint32_t *index = index_of(d), size = index_size_of(d), at = tni_index_home(hash, size);
    while (index[at] != 0)
        at = tni_index_next(at, size);
    index[at] = entry + 1;
}

// --- Growing ---------------------------------------------------------------------------------

static size_t
table_size(uint32_t room)
{
    return sizeof(struct table) + room * sizeof(struct entry) +
           index_size_for(room) * sizeof(uint32_t);
}

static void
free_table(struct tni_objects *s, const struct dict *d)
{
    if (d->values.room > 0)
        tni_buffer_free(&s->memory, &s->types[TNI_TYPE_DICT]->account, table_of(d),
                        table_size(d->values.room));
}

static bool
alloc_table(struct tni_objects *s, struct dict *d, uint32_t room)
{
    struct tni_account *account = &s->types[TNI_TYPE_DICT]->account;
    struct table *table = tni_buffer_alloc(&s->memory, account, table_size(room));
    if (table == NULL)
        return false;
    table->holes = table->stamp = 0;
    *d = (struct dict){{(tn_value *)(void *)table->entries, 0, room}};
    memset(index_of(d), 0, index_size_of(d) * sizeof(uint32_t));
    return true;
}

static void
append(struct tni_objects *s, struct dict *d, struct entry e)
{
    uint32_t at = used_entries(d);
    entries_of(d)[at] = e;
    d->values.count += 2;
    if (d->values.room > SMALL)
        index_entry(d, at, tni_key_hash(s, e.key));
}

// Moves the entries into a table with room for twice as many, without the holes.
static bool
rebuild(struct tni_objects *s, struct dict *d, const tn_site *site)
{
    struct dict moved;
    uint32_t len = len_of(d), room = len < 2 ? 4 : len * 2;
    s->memory.site = site;
    if (room > max_room || !alloc_table(s, &moved, room))
        return false;
    for (uint32_t i = 0; i < used_entries(d); i++)
        if (!tn_is_absent(entries_of(d)[i].key))
            append(s, &moved, entries_of(d)[i]);
    free_table(s, d);
    *d = moved;
    return true;
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
    return len_of(dict_of(o));
}

bool
tn_is_dict(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_DICT);
}

static tn_value
borrow(const tn_object *o, const struct tni_key *key)
{
    struct entry *e = find(dict_of(o), key);
    return e != NULL ? e->value : TN_ABSENT;
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
replace(struct entry *e, tn_value v)
{
    tn_value former = e->value;
    e->value = tn_incref_value(v);
    tn_decref_value(former);
}

tn_err
tn_dict_set_at(tn_object *o, tn_value key, tn_value v, const tn_site *site)
{
    struct tni_objects *s = tni_objects_of(o);
    struct dict *d = dict_of(o);
    if (tn_is_absent(key) || tn_is_absent(v))
        return TN_EINVAL;
#if TN_CHECKS > 0
    tni_check_store(o, key);
    tni_check_store(o, v);
#endif
    struct tni_key k = tni_key_of(s, key);
    struct entry *e = find(d, &k);
    if (e != NULL) {
        replace(e, v);
        return TN_OK;
    }
    if (used_entries(d) == d->values.room && !rebuild(s, d, site))
        return TN_ENOMEM;
    append(s, d, (struct entry){tn_incref_value(key), tn_incref_value(v)});
    table_of(d)->stamp = ++s->stamp;
    return TN_OK;
}

static tn_err
take_out(tn_object *o, tn_value key, tn_value *value /* new */)
{
    struct tni_objects *s = tni_objects_of(o);
    struct dict *d = dict_of(o);
    struct tni_key k = tni_key_of(s, key);
    struct entry *e = tn_is_absent(key) ? NULL : find(d, &k);
    if (e == NULL)
        return TN_EKEY;
    struct entry former = *e;
    *e = (struct entry){TN_ABSENT, TN_ABSENT};
    table_of(d)->holes++;
    table_of(d)->stamp = ++s->stamp;
    *value = former.value;
    tn_decref_value(former.key);
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
    const struct dict *d = dict_of(o);
    return d->values.room == 0 ? 0 : table_of(d)->stamp;
}

// In the order of insertion. The dict is empty before the first entry is dropped.
void
tn_dict_clear(tn_object *o)
{
    struct dict *d = dict_of(o), former = *d;
    *d = (struct dict){0};
    for (size_t i = 0; i < former.values.count; i++)
        tn_decref_value(former.values.values[i]);
    free_table(tni_objects_of(o), &former);
}

bool
tn_dict_next(const tn_object *o, size_t *cursor, tn_value *key, tn_value *value)
{
    const struct dict *d = dict_of(o);
    while (*cursor < used_entries(d) && tn_is_absent(entries_of(d)[*cursor].key))
        ++*cursor;
    if (*cursor >= used_entries(d))
        return false;
    *key = entries_of(d)[*cursor].key;
    *value = entries_of(d)[*cursor].value;
    ++*cursor;
    return true;
}

static size_t
dict_size_of(const tn_object *o)
{
    const struct dict *d = dict_of(o);
    return d->values.room == 0 ? 0 : tni_buffer_occupies(table_size(d->values.room));
}

// Every entry is found under its own key.
static bool
dict_check(const tn_object *o)
{
    const struct dict *d = dict_of(o);
    uint32_t len = 0;
    for (uint32_t i = 0; i < used_entries(d); i++) {
        struct entry *e = &entries_of(d)[i];
        if (tn_is_absent(e->key) != tn_is_absent(e->value))
            return false;
        if (tn_is_absent(e->key))
            continue;
        struct tni_key k = tni_key_of(tni_objects_of(o), e->key);
        if (find(d, &k) != e)
            return false;
        len++;
    }
    return len == len_of(d) && used_entries(d) <= d->values.room;
}

const struct tni_builtin tni_dict_type = {
    .spec = {.name = "dict",
             .native = sizeof(struct dict),
             .clear = tn_dict_clear,
             .size_of = dict_size_of},
    .spilled = true,
    .check = dict_check,
};
