// SPDX-License-Identifier: MIT
#include "containers/weakkeys.h"

#include "object/object.h"

#include <string.h>

enum { UNREGISTERED = UINT32_MAX };

static const uint64_t max_room = UINT64_C(1) << 30;

static tn_object *
object_of(const struct tni_weakkeys *k)
{
    return (tn_object *)(uintptr_t)k - 1;
}

static struct tni_objects *
space_of(const struct tni_weakkeys *k)
{
    return tni_objects_of(object_of(k));
}

static struct tni_account *
account_of(const struct tni_weakkeys *k)
{
    return &space_of(k)->types[object_of(k)->type]->account;
}

static struct tni_weakkeys *
keys_of(struct tni_weak_table *table)
{
    return (struct tni_weakkeys *)(void *)((char *)table - offsetof(struct tni_weakkeys, table));
}

// --- Buffers -------------------------------------------------------------------------------------

static size_t
links_size(uint64_t room)
{
    return room * sizeof(struct tni_link);
}

static size_t
values_size(const struct tni_weakkeys *k, uint64_t room)
{
    return k->valued ? room * sizeof(tn_value) : 0;
}

static void
free_buffers(struct tni_weakkeys *k)
{
    struct tni_memory *m = &space_of(k)->memory;
    tni_buffer_free(m, account_of(k), k->links, links_size(k->room));
    tni_buffer_free(m, account_of(k), k->values.values, values_size(k, k->room));
    k->links = NULL;
    k->values = (struct tni_span){NULL, 0, 0};
    k->room = k->used = k->first_free = 0;
}

static void
use_buffers(struct tni_weakkeys *k, struct tni_link *links, tn_value *values, uint32_t room)
{
    struct tni_weakkeys former = *k;
    if (former.used > 0)
        memcpy(links, former.links, links_size(former.used));
    if (former.values.count > 0)
        memcpy(values, former.values.values, values_size(k, former.values.count));
    struct tni_memory *m = &space_of(k)->memory;
    tni_buffer_free(m, account_of(k), former.links, links_size(former.room));
    tni_buffer_free(m, account_of(k), former.values.values, values_size(k, former.room));
    k->links = links;
    k->table.links = (char *)links;
    k->values.values = values;
    k->room = room;
}

static void *
new_buffer(struct tni_weakkeys *k, size_t size, const tn_site *site)
{
    space_of(k)->memory.site = site;
    return tni_buffer_alloc(&space_of(k)->memory, account_of(k), size);
}

// Both buffers or neither.
static bool
grow(struct tni_weakkeys *k, uint64_t room, const tn_site *site)
{
    struct tni_memory *m = &space_of(k)->memory;
    struct tni_link *links = new_buffer(k, links_size(room), site);
    if (links == NULL)
        return false;
    tn_value *values = k->valued ? new_buffer(k, values_size(k, room), site) : NULL;
    if (k->valued && values == NULL) {
        tni_buffer_free(m, account_of(k), links, links_size(room));
        return false;
    }
    use_buffers(k, links, values, (uint32_t)room);
    return true;
}

bool
tni_weakkeys_reserve(struct tni_weakkeys *k, uint32_t more, const tn_site *site)
{
    uint64_t needed = k->len + (uint64_t)more, room = k->room + k->room / 2 + 4;
    if (needed <= k->room)
        return true;
    if (room < needed)
        room = needed;
    return room <= max_room && grow(k, room, site);
}

// --- Entries -------------------------------------------------------------------------------------

int64_t
tni_weakkeys_find(const struct tni_weakkeys *k, const tn_object *key)
{
    return tni_weak_find(space_of(k), &k->table, key);
}

uint32_t
tni_weakkeys_add(struct tni_weakkeys *k, tn_object *key)
{
    uint32_t entry = k->first_free != 0 ? k->first_free - 1 : k->used++;
    TN_DEBUG(entry < k->room);
    if (k->first_free != 0)
        k->first_free = (uint32_t)k->links[entry].next;
    k->links[entry] = (struct tni_link){NULL, 0};
    if (k->valued) {
        k->values.count = k->used;
        k->values.values[entry] = TN_ABSENT;
    }
    tni_weak_link(&k->links[entry], tni_entry_name(&k->table, entry), key);
    k->len++;
    return entry;
}

// Of an entry whose link is empty. Who loses the last entry gives the memory back.
static tn_value
free_entry(struct tni_weakkeys *k, uint32_t entry)
{
    tn_value value = TN_ABSENT;
    if (entry < k->values.count) {
        value = k->values.values[entry];
        k->values.values[entry] = TN_ABSENT;
    }
    k->links[entry].next = k->first_free;
    k->first_free = entry + 1;
    if (--k->len == 0 && k->values.count == (k->valued ? k->used : 0))
        free_buffers(k);
    return value;
}

tn_value
tni_weakkeys_remove(struct tni_weakkeys *k, uint32_t entry)
{
    tni_weak_unlink(space_of(k), tni_entry_name(&k->table, entry));
    return free_entry(k, entry);
}

tn_object *
tni_weakkeys_give(const struct tni_weakkeys *k, uint32_t entry)
{
    return tni_weak_give(space_of(k), &k->links[entry]);
}

void
tni_weakkeys_empty(struct tni_weakkeys *k)
{
    for (uint32_t i = 0; i < k->used; i++)
        if (k->links[i].target != NULL)
            tn_decref_value(tni_weakkeys_remove(k, i));
}

// --- What weak calls -----------------------------------------------------------------------------

static void
key_died(struct tni_weak_table *table, uint32_t entry)
{
    tn_decref_value(free_entry(keys_of(table), entry));
}

// --- Objects -------------------------------------------------------------------------------------

const struct tni_weak_table *
tni_weakkeys_table(const tn_object *o)
{
    return &((const struct tni_weakkeys *)tn_payload(o))->table;
}

tn_object *
tni_weakkeys_new(tn_heap *heap, uint32_t index, bool valued, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_object *o = tni_object_new(s, s->types[index], site);
    if (o == NULL)
        return NULL;
    struct tni_weakkeys *k = tn_payload(o);
    k->table = (struct tni_weak_table){.stride = sizeof(struct tni_link),
                                       .used = &k->used,
                                       .died = key_died,
                                       .number = UNREGISTERED,
                                       .holds = valued};
    k->valued = valued;
    if (tni_weak_add_table(s, &k->table) == TN_OK)
        return o;
    tn_decref(o);
    return NULL;
}

static void
copy_entries(struct tni_weakkeys *to, const struct tni_weakkeys *from)
{
    for (uint32_t i = 0; i < from->used; i++) {
        tn_object *key = from->links[i].target;
        if (key == NULL || key->flags & TNI_DEAD)
            continue;
        uint32_t entry = tni_weakkeys_add(to, key);
        if (to->valued)
            to->values.values[entry] = tn_incref_value(from->values.values[i]);
    }
}

tn_object *
tni_weakkeys_copy(const tn_object *o, const tn_site *site)
{
    const struct tni_weakkeys *from = tn_payload(o);
    tn_object *copy = tni_weakkeys_new(tn_heap_of(o), o->type, from->valued, site);
    if (copy != NULL && tni_weakkeys_reserve(tn_payload(copy), from->len, site))
        copy_entries(tn_payload(copy), from);
    else
        TN_CLEAR(copy);
    return copy;
}

void
tni_weakkeys_clear(tn_object *o)
{
    struct tni_weakkeys *k = tn_payload(o);
    for (uint32_t i = 0; i < k->used; i++)
        if (k->links[i].target != NULL)
            tni_weak_unlink(space_of(k), tni_entry_name(&k->table, i));
    if (k->table.number != UNREGISTERED)
        tni_weak_remove_table(space_of(k), &k->table);
    k->table.number = UNREGISTERED;
    k->len = k->used = 0;
    while (k->values.count > 0)
        tn_decref_value(k->values.values[--k->values.count]);
    free_buffers(k);
}

size_t
tni_weakkeys_size_of(const tn_object *o)
{
    const struct tni_weakkeys *k = tn_payload(o);
    if (k->room == 0)
        return 0;
    return tni_buffer_occupies(links_size(k->room)) +
           (k->valued ? tni_buffer_occupies(values_size(k, k->room)) : 0);
}

static bool
entry_check(const struct tni_weakkeys *k, uint32_t i)
{
    const tn_object *key = k->links[i].target;
    if (key != NULL && tni_weakkeys_find(k, key) != i)
        return false;
    return !k->valued || (key == NULL) == tn_is_absent(k->values.values[i]);
}

// Every key names its entry, and a free entry holds nothing.
bool
tni_weakkeys_check(const tn_object *o)
{
    const struct tni_weakkeys *k = tn_payload(o);
    uint32_t len = 0;
    for (uint32_t i = 0; i < k->used; i++) {
        if (!entry_check(k, i))
            return false;
        len += k->links[i].target != NULL;
    }
    return len == k->len && k->used <= k->room;
}
