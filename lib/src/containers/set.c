// SPDX-License-Identifier: MIT
//
// As a dict without values: members stand in the order in which they came, and a removed one leaves
// a hole, absent, until the next rebuild. A table with room for more than SMALL has an index behind
// the members, whose positions a hole keeps.
#include "containers/set.h"

#include "containers/key.h"
#include "object/object.h"
#include "object/track.h"

#include <string.h>

// What a set that ever had a member points to.
struct table {
    uint32_t holes; // among the members
    uint32_t stamp; // of the last change
    tn_value members[];
};

struct set {
    struct tni_span members; // first: the collector reads it there
};

enum { SMALL = 8 };

static const uint32_t max_room = UINT32_C(1) << 30;

static bool
is_either(const tn_object *o)
{
    return o->type == TNI_TYPE_SET || o->type == TNI_TYPE_FROZENSET;
}

static struct set *
set_of(const tn_object *o)
{
    TN_ASSERT(is_either(o));
    return tn_payload(o);
}

static struct table *
table_of(const struct set *set)
{
    return (struct table *)(void *)((char *)set->members.values - offsetof(struct table, members));
}

static uint32_t
len_of(const struct set *set)
{
    return set->members.room == 0 ? 0 : set->members.count - table_of(set)->holes;
}

// A power of two of which at most two thirds are in use; 0: a small set has none.
static uint32_t
index_size_for(uint32_t room)
{
    if (room <= SMALL)
        return 0;
    return UINT32_C(1) << (32 - __builtin_clz(room + room / 2 - 1));
}

static uint32_t *
index_of(const struct set *set)
{
    return (uint32_t *)(void *)(set->members.values + set->members.room);
}

// --- Searching -----------------------------------------------------------------------------------

static tn_value *
find_in_index(const struct set *set, const struct tni_key *key)
{
    const uint32_t *index = index_of(set);
    uint32_t size = index_size_for(set->members.room), at = tni_index_home(key->hash, size);
    for (; index[at] != 0; at = tni_index_next(at, size))
        if (tni_key_is(key, set->members.values[index[at] - 1]))
            return &set->members.values[index[at] - 1];
    return NULL;
}

static tn_value *
find(const struct set *set, const struct tni_key *key)
{
    if (set->members.room > SMALL)
        return find_in_index(set, key);
    for (uint32_t i = 0; i < set->members.count; i++)
        if (tni_key_is(key, set->members.values[i]))
            return &set->members.values[i];
    return NULL;
}

static void
index_member(struct set *set, uint32_t member, uint64_t hash)
{
    uint32_t *index = index_of(set), size = index_size_for(set->members.room);
    uint32_t at = tni_index_home(hash, size);
    while (index[at] != 0)
        at = tni_index_next(at, size);
    index[at] = member + 1;
}

// --- Growing -------------------------------------------------------------------------------------

static size_t
table_size(uint32_t room)
{
    return sizeof(struct table) + room * sizeof(tn_value) + index_size_for(room) * sizeof(uint32_t);
}

static void
free_table(struct tni_objects *s, struct tni_account *account, const struct set *set)
{
    if (set->members.room > 0)
        tni_buffer_free(&s->memory, account, table_of(set), table_size(set->members.room));
}

static bool
alloc_table(struct tni_objects *s, struct tni_account *account, struct set *set, uint32_t room)
{
    struct table *table =
        room <= max_room ? tni_buffer_alloc(&s->memory, account, table_size(room)) : NULL;
    if (table == NULL)
        return false;
    table->holes = table->stamp = 0;
    set->members = (struct tni_span){table->members, 0, room};
    memset(index_of(set), 0, index_size_for(room) * sizeof(uint32_t));
    return true;
}

static void
append(struct tni_objects *s, struct set *set, tn_value v)
{
    uint32_t at = set->members.count++;
    set->members.values[at] = v;
    if (set->members.room > SMALL)
        index_member(set, at, tni_key_hash(s, v));
}

// Moves the members into a table with room for twice as many, without the holes.
static bool
rebuild(struct tni_objects *s, struct tni_account *account, struct set *set)
{
    struct set moved;
    uint32_t len = len_of(set);
    if (!alloc_table(s, account, &moved, len < 2 ? 4 : len * 2))
        return false;
    for (uint32_t i = 0; i < set->members.count; i++)
        if (!tn_is_absent(set->members.values[i]))
            append(s, &moved, set->members.values[i]);
    free_table(s, account, set);
    *set = moved;
    return true;
}

// --- Making --------------------------------------------------------------------------------------

tn_object *
tn_set_new_at(tn_heap *heap, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    return tni_object_new(s, s->types[TNI_TYPE_SET], site);
}

static void
fill(struct tni_objects *s, struct set *set, const tn_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TN_DEBUG(!tn_is_absent(values[i]));
        struct tni_key k = tni_key_of(s, values[i]);
        if (find(set, &k) == NULL)
            append(s, set, tn_incref_value(values[i]));
    }
}

tn_object *
tn_frozenset_new_at(tn_heap *heap, const tn_value *values, size_t count, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_type *type = s->types[TNI_TYPE_FROZENSET];
    struct set made = {{NULL, 0, 0}};
    if (count > max_room)
        return NULL;
    if (count > 0 && !alloc_table(s, &type->account, &made, (uint32_t)count))
        return NULL;
    tn_object *o =
        tni_object_new_sized(s, type, type->size, tni_must_be_tracked(values, count), site);
    if (o == NULL) {
        free_table(s, &type->account, &made);
        return NULL;
    }
    fill(s, &made, values, count);
    *set_of(o) = made;
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
    return len_of(set_of(o));
}

bool
tn_set_has(const tn_object *o, tn_value v)
{
    if (tn_is_absent(v))
        return false;
    struct tni_key k = tni_key_of(tni_objects_of(o), v);
    return find(set_of(o), &k) != NULL;
}

bool
tn_set_has_str(const tn_object *o, const char *data, size_t len)
{
    struct tni_key k = tni_key_of_bytes(tni_objects_of(o), data, len);
    return find(set_of(o), &k) != NULL;
}

bool
tni_set_next(const tn_object *o, size_t *cursor, tn_value *member)
{
    const struct set *set = set_of(o);
    while (*cursor < set->members.count && tn_is_absent(set->members.values[*cursor]))
        ++*cursor;
    if (*cursor >= set->members.count)
        return false;
    *member = set->members.values[(*cursor)++];
    return true;
}

uint32_t
tni_set_stamp(const tn_object *o)
{
    const struct set *set = set_of(o);
    return set->members.room == 0 ? 0 : table_of(set)->stamp;
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

static struct set *
changeable(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_SET);
}

static struct tni_account *
account_of(const tn_object *o)
{
    return &tni_objects_of(o)->types[o->type]->account;
}

tn_err
tn_set_add(tn_object *o, tn_value v)
{
    struct tni_objects *s = tni_objects_of(o);
    struct set *set = changeable(o);
    if (tn_is_absent(v))
        return TN_EINVAL;
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    struct tni_key k = tni_key_of(s, v);
    if (find(set, &k) != NULL)
        return TN_OK;
    if (set->members.count == set->members.room && !rebuild(s, account_of(o), set))
        return TN_ENOMEM;
    append(s, set, tn_incref_value(v));
    table_of(set)->stamp = ++s->stamp;
    return TN_OK;
}

tn_err
tn_set_remove(tn_object *o, tn_value v)
{
    struct tni_objects *s = tni_objects_of(o);
    struct set *set = changeable(o);
    if (tn_is_absent(v))
        return TN_EKEY;
    struct tni_key k = tni_key_of(s, v);
    tn_value *place = find(set, &k);
    if (place == NULL)
        return TN_EKEY;
    tn_value former = *place;
    *place = TN_ABSENT;
    table_of(set)->holes++;
    table_of(set)->stamp = ++s->stamp;
    tn_decref_value(former);
    return TN_OK;
}

// In the order in which they came. The set is empty before the first member is dropped.
static void
empty(tn_object *o)
{
    struct set *set = set_of(o), former = *set;
    *set = (struct set){{NULL, 0, 0}};
    for (uint32_t i = 0; i < former.members.count; i++)
        tn_decref_value(former.members.values[i]);
    free_table(tni_objects_of(o), account_of(o), &former);
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
    uint32_t room = set_of(o)->members.room;
    return room == 0 ? 0 : tni_buffer_occupies(table_size(room));
}

// Every member is found, and a frozen set is tracked if it must be.
static bool
set_check(const tn_object *o)
{
    const struct set *set = set_of(o);
    const struct tni_span *span = &set->members;
    uint32_t len = 0;
    for (uint32_t i = 0; i < span->count; i++) {
        if (tn_is_absent(span->values[i]))
            continue;
        struct tni_key k = tni_key_of(tni_objects_of(o), span->values[i]);
        if (find(set, &k) != &span->values[i])
            return false;
        len++;
    }
    bool tracked = tni_is_trackable(o) || !tni_must_be_tracked(span->values, span->count);
    return tracked && len == len_of(set) && span->count <= span->room;
}

const struct tni_builtin tni_set_type = {
    .spec = {.name = "set", .native = sizeof(struct set), .clear = empty, .size_of = set_size_of},
    .spilled = true,
    .check = set_check,
};

const struct tni_builtin tni_frozenset_type = {
    .spec = {.name = "frozenset",
             .native = sizeof(struct set),
             .clear = empty,
             .size_of = set_size_of},
    .spilled = true,
    .check = set_check,
};
