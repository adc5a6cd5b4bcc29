// SPDX-License-Identifier: MIT
//
// An entry keeps its number for life, because its object's chain of links names it by that number.
// The index holds numbers plus one under linear probing. Entries grow by a fifth and the index is
// between 3/8 and 3/4 full: 24 * 1.2 + 4 / 0.375 = 40 bytes an entry at worst, 8 of them the key.
//
// An entry whose object died is dead: nobody finds it any more, but it stays in the index until the
// next values that are set take it out, two each, and shift what follows back, so that no
// tombstones pile up. So a death touches nothing but the entry, and the death of the last one frees
// everything at once.
#include "containers/weakmap.h"

#include "containers/key.h"
#include "object/object.h"
#include "object/weak.h"

#include <string.h>

struct entry {
    tn_value key;         // of a dead or free entry: the number of the next such one, plus one
    struct tni_link link; // without a target in a dead or free one; [next] is a dead one's hash
};

struct weakmap {
    struct tni_weak_table table; // first: weak.c hands it back
    struct entry *entries;
    uint32_t *index;
    uint32_t index_size; // a power of two, or 0
    uint32_t room, used; // entries; those beyond [used] were never taken
    uint32_t first_free; // a number plus one; 0: none below [used]
    uint32_t first_dead; // likewise
    uint32_t len;
    uint32_t indexed; // the living and the dead
};

enum { UNREGISTERED = UINT32_MAX, MIN_INDEX = 8 };

static const uint32_t max_room = UINT32_C(1) << 30;

static struct weakmap *
map_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_WEAKMAP);
}

static tn_object *
object_of(const struct weakmap *m)
{
    return (tn_object *)(void *)m - 1;
}

static struct tni_objects *
space_of(const struct weakmap *m)
{
    return tni_objects_of(object_of(m));
}

// --- The index -------------------------------------------------------------------------------

static uint32_t
next_position(const struct weakmap *m, uint32_t at)
{
    return tni_index_next(at, m->index_size);
}

static uint32_t
home_of_entry(struct tni_objects *s, const struct weakmap *m, uint32_t entry)
{
    const struct entry *e = &m->entries[entry];
    uint64_t hash = e->link.target != NULL ? tni_key_hash(s, e->key) : e->link.next;
    return tni_index_home(hash, m->index_size);
}

static uint32_t
next_gap(const struct weakmap *m, uint32_t at)
{
    while (m->index[at] != 0)
        at = next_position(m, at);
    return at;
}

// Closes the gap at [at]: whatever was pushed behind its home by it moves up.
static void
unindex_position(struct tni_objects *s, struct weakmap *m, uint32_t at)
{
    uint32_t size = m->index_size;
    for (uint32_t next = next_position(m, at); m->index[next] != 0; next = next_position(m, next)) {
        uint32_t home = home_of_entry(s, m, m->index[next] - 1);
        if (tni_index_distance(home, next, size) >= tni_index_distance(at, next, size)) {
            m->index[at] = m->index[next];
            at = next;
        }
    }
    m->index[at] = 0;
}

// Where [key] is, or the gap where it would be.
static inline uint32_t
position_of(const struct weakmap *m, const struct tni_key *key)
{
    uint32_t at = tni_index_home(key->hash, m->index_size);
    for (; m->index[at] != 0; at = next_position(m, at)) {
        const struct entry *e = &m->entries[m->index[at] - 1];
        if (e->link.target != NULL && tni_key_is(key, e->key))
            break;
    }
    return at;
}

static inline struct entry *
find(const struct weakmap *m, const struct tni_key *key)
{
    uint32_t number = m->len != 0 ? m->index[position_of(m, key)] : 0;
    return number != 0 ? &m->entries[number - 1] : NULL;
}

// --- Burying ---------------------------------------------------------------------------------

// A dead entry becomes a free one.
static void
bury_one(struct tni_objects *s, struct weakmap *m)
{
    uint32_t entry = m->first_dead - 1;
    struct entry *e = &m->entries[entry];
    uint32_t at = home_of_entry(s, m, entry);
    while (m->index[at] != entry + 1)
        at = next_position(m, at);
    unindex_position(s, m, at);
    m->first_dead = (uint32_t)e->key.bits;
    e->key.bits = m->first_free;
    m->first_free = entry + 1;
    m->indexed--;
}

static void
bury(struct tni_objects *s, struct weakmap *m, unsigned most)
{
    for (; most > 0 && m->first_dead != 0; most--)
        bury_one(s, m);
}

// --- Growing ---------------------------------------------------------------------------------

static struct tni_account *
account_of(struct tni_objects *s)
{
    return &s->types[TNI_TYPE_WEAKMAP]->account;
}

static uint64_t
index_size_needed(const struct weakmap *m, uint32_t more)
{
    uint64_t size = m->index_size == 0 ? MIN_INDEX : m->index_size;
    while ((m->indexed + (uint64_t)more) * 4 > size * 3)
        size *= 2;
    return size;
}

static uint32_t *
new_index(struct tni_objects *s, uint32_t size, const tn_site *site)
{
    s->memory.site = site;
    uint32_t *index = tni_buffer_alloc(&s->memory, account_of(s), size * sizeof *index);
    if (index != NULL)
        memset(index, 0, size * sizeof *index);
    return index;
}

static void
free_index(struct tni_objects *s, uint32_t *index, uint32_t size)
{
    tni_buffer_free(&s->memory, account_of(s), index, size * sizeof *index);
}

static void
use_index(struct tni_objects *s, struct weakmap *m, uint32_t *index, uint32_t size)
{
    uint32_t *former = m->index, former_size = m->index_size;
    m->index = index;
    m->index_size = size;
    for (uint32_t i = 0; i < former_size; i++)
        if (former[i] != 0)
            index[next_gap(m, home_of_entry(s, m, former[i] - 1))] = former[i];
    free_index(s, former, former_size);
}

static bool
grow_entries(struct tni_objects *s, struct weakmap *m, uint32_t more, const tn_site *site)
{
    if (m->room - m->indexed >= more)
        return true;
    uint64_t room = m->room + m->room / 5 + 4;
    if (room < m->indexed + (uint64_t)more)
        room = m->indexed + (uint64_t)more;
    if (room > max_room)
        return false;
    s->memory.site = site;
    void *entries = tni_buffer_resize(&s->memory, account_of(s), m->entries,
                                      m->room * sizeof *m->entries, room * sizeof *m->entries);
    if (entries == NULL)
        return false;
    m->entries = entries;
    m->table.links = (char *)&m->entries->link;
    m->room = (uint32_t)room;
    return true;
}

// Room for [more] entries. False: no memory, and nothing has grown.
static bool
reserve(struct tni_objects *s, struct weakmap *m, uint32_t more, const tn_site *site)
{
    uint64_t size = index_size_needed(m, more);
    if (size > max_room)
        return false;
    uint32_t *index = size > m->index_size ? new_index(s, (uint32_t)size, site) : NULL;
    if (size > m->index_size && index == NULL)
        return false;
    if (!grow_entries(s, m, more, site)) {
        free_index(s, index, (uint32_t)size);
        return false;
    }
    if (index != NULL)
        use_index(s, m, index, (uint32_t)size);
    return true;
}

static uint32_t
take_entry(struct weakmap *m)
{
    if (m->first_free == 0)
        return m->used++;
    uint32_t entry = m->first_free - 1;
    m->first_free = (uint32_t)m->entries[entry].key.bits;
    return entry;
}

static void
free_buffers(struct tni_objects *s, struct weakmap *m)
{
    tni_buffer_free(&s->memory, account_of(s), m->entries, m->room * sizeof *m->entries);
    tni_buffer_free(&s->memory, account_of(s), m->index, m->index_size * sizeof *m->index);
    m->entries = NULL;
    m->index = NULL;
    m->index_size = m->room = m->used = m->first_free = m->first_dead = m->indexed = 0;
}

// An entry whose link is empty is dead from here on. A map that loses its last entry gives its
// memory back.
static void
drop_entry(struct tni_weak_table *table, uint32_t entry)
{
    struct weakmap *m = (struct weakmap *)(void *)table;
    struct entry *e = &m->entries[entry];
    tn_value key = e->key;
    e->link.next = tni_key_hash(space_of(m), key);
    e->key.bits = m->first_dead;
    m->first_dead = entry + 1;
    if (--m->len == 0)
        free_buffers(space_of(m), m);
    tn_decref_value(key);
}

// --- Public ----------------------------------------------------------------------------------

tn_object *
tn_weakmap_new_at(tn_heap *heap, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_object *o = tni_object_new(s, s->types[TNI_TYPE_WEAKMAP], site);
    if (o == NULL)
        return NULL;
    map_of(o)->table = (struct tni_weak_table){.stride = sizeof(struct entry),
                                               .used = &map_of(o)->used,
                                               .key_before = offsetof(struct entry, link) -
                                                             offsetof(struct entry, key),
                                               .died = drop_entry,
                                               .number = UNREGISTERED};
    if (tni_weak_add_table(s, &map_of(o)->table) == TN_OK)
        return o;
    tn_decref(o);
    return NULL;
}

size_t
tn_weakmap_len(const tn_object *o)
{
    return map_of(o)->len;
}

bool
tn_is_weakmap(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_WEAKMAP);
}

static inline tn_object *
give(const struct weakmap *m, const struct entry *e)
{
    bool given = e != NULL && tni_weak_may_give(space_of(m), e->link.target);
    return given ? e->link.target : NULL;
}

static __attribute__((noinline)) tn_object *
borrow(const struct weakmap *m, const struct tni_key *key)
{
    return give(m, find(m, key));
}

static __attribute__((noinline)) tn_object *
borrow_slowly(const tn_object *o, tn_value key)
{
    struct tni_key k = tni_key_of(tni_objects_of(o), key);
    return tn_is_absent(key) ? NULL : borrow(map_of(o), &k);
}

// A word that nobody pushed from its home is there without a further look.
static inline tn_object *
borrow_value(const tn_object *o, tn_value key)
{
    const struct weakmap *m = map_of(o);
    if (tn_is_object(key) || m->len == 0)
        return borrow_slowly(o, key);
    uint64_t hash = tni_word_key_hash(tni_objects_of(o), key.bits);
    uint32_t number = m->index[tni_index_home(hash, m->index_size)];
    const struct entry *e = number != 0 ? &m->entries[number - 1] : NULL;
    if (e == NULL || !tn_is(e->key, key) || e->link.target == NULL)
        return borrow_slowly(o, key);
    return give(m, e);
}

tn_object *
tn_weakmap_borrow(const tn_object *o, tn_value key)
{
    return borrow_value(o, key);
}

tn_object *
tn_weakmap_borrow_str(const tn_object *o, const char *data, size_t len)
{
    struct tni_key k = tni_key_of_bytes(tni_objects_of(o), data, len);
    return borrow(map_of(o), &k);
}

tn_object *
tn_weakmap_get(const tn_object *o, tn_value key)
{
    tn_object *found = borrow_value(o, key);
    return found != NULL ? tn_incref(found) : NULL;
}

static void
relink(struct tni_objects *s, struct weakmap *m, struct entry *e, tn_object *o)
{
    tni_link_name name = tni_entry_name(&m->table, (uint32_t)(e - m->entries));
    tni_weak_unlink(s, name);
    tni_weak_link(&e->link, name, o);
}

// For one more entry.
static inline bool
has_room(const struct weakmap *m)
{
    return m->indexed < m->room && (m->indexed + (uint64_t)1) * 4 <= (uint64_t)m->index_size * 3;
}

// [gap]: its place in the index, as long as that does not grow.
static tn_err
add_entry(struct tni_objects *s, struct weakmap *m, const struct tni_key *key, uint32_t gap,
          tn_object *o, const tn_site *site)
{
    uint32_t size = m->index_size;
    if (!has_room(m) && !reserve(s, m, 1, site))
        return TN_ENOMEM;
    if (m->index_size != size)
        gap = next_gap(m, tni_index_home(key->hash, m->index_size));
    uint32_t entry = take_entry(m);
    struct entry *e = &m->entries[entry];
    *e = (struct entry){.key = tn_incref_value(key->value)};
    tni_weak_link(&e->link, tni_entry_name(&m->table, entry), o);
    m->index[gap] = entry + 1;
    m->len++;
    m->indexed++;
    return TN_OK;
}

static inline bool
is_key(tn_value v)
{
    return tn_is_int(v) || tni_value_is(v, TNI_TYPE_STR) || tn_is_integer(v);
}

tn_err
tn_weakmap_set_at(tn_object *map, tn_value key, tn_object *o, const tn_site *site)
{
    struct tni_objects *s = tni_objects_of(map);
    struct weakmap *m = map_of(map);
    if (!tni_is_weakly_referable(o) || !is_key(key))
        return TN_ETYPE;
    TN_DEBUG(tni_objects_of(o) == s && !(o->flags & TNI_DEAD));
    struct tni_key k = tni_key_of(s, key);
    bury(s, m, 2);
    uint32_t at = m->index_size != 0 ? position_of(m, &k) : 0;
    if (m->index_size == 0 || m->index[at] == 0)
        return add_entry(s, m, &k, at, o, site);
    struct entry *e = &m->entries[m->index[at] - 1];
    if (e->link.target != o)
        relink(s, m, e, o);
    return TN_OK;
}

static void
remove_entry(struct tni_objects *s, struct weakmap *m, uint32_t entry)
{
    tni_weak_unlink(s, tni_entry_name(&m->table, entry));
    drop_entry(&m->table, entry);
}

tn_err
tn_weakmap_delete(tn_object *o, tn_value key)
{
    struct tni_objects *s = tni_objects_of(o);
    struct weakmap *m = map_of(o);
    struct tni_key k = tni_key_of(s, key);
    struct entry *e = tn_is_absent(key) ? NULL : find(m, &k);
    if (e == NULL)
        return TN_EKEY;
    remove_entry(s, m, (uint32_t)(e - m->entries));
    return TN_OK;
}

// --- Several entries at once -----------------------------------------------------------------

// The name of a dead object's link may not be given to another one.
static bool
is_filled(const struct entry *e)
{
    return e->link.target != NULL && !(e->link.target->flags & TNI_DEAD);
}

static tn_err
update(tn_object *o, const tn_object *from, const tn_site *site)
{
    struct tni_objects *s = tni_objects_of(o);
    const struct weakmap *source = map_of(from);
    bury(s, map_of(o), 2 * source->len);
    if (source->len != 0 && !reserve(s, map_of(o), source->len, site))
        return TN_ENOMEM;
    for (uint32_t i = 0; o != from && i < source->used; i++)
        if (is_filled(&source->entries[i]))
            (void)tn_weakmap_set_at(o, source->entries[i].key, source->entries[i].link.target,
                                    site);
    return TN_OK;
}

tn_err
tn_weakmap_update(tn_object *o, const tn_object *from)
{
    return update(o, from, NULL);
}

tn_object *
tn_weakmap_copy_at(const tn_object *o, const tn_site *site)
{
    tn_object *copy = tn_weakmap_new_at(tn_heap_of(o), site);
    if (copy != NULL && update(copy, o, site) != TN_OK)
        TN_CLEAR(copy);
    return copy;
}

// Nobody else changes the copy, and what dies leaves it.
tn_err
tn_weakmap_each(const tn_object *o, bool (*fn)(tn_value key, tn_object *o, void *arg), void *arg)
{
    tn_object *copy = tn_weakmap_copy_at(o, TN_SITE());
    if (copy == NULL)
        return TN_ENOMEM;
    const struct weakmap *m = map_of(copy);
    bool more = true;
    for (uint32_t i = 0; more && i < m->used; i++) {
        tn_object *found = tni_weak_give(space_of(m), &m->entries[i].link);
        more = found == NULL || fn(m->entries[i].key, found, arg);
        tn_decref(found);
    }
    tn_decref(copy);
    return TN_OK;
}

tn_object *
tn_weakmap_pop_any(tn_object *o, tn_value *key)
{
    struct weakmap *m = map_of(o);
    for (uint32_t i = m->used; i-- > 0;) {
        tn_object *found = tni_weak_give(space_of(m), &m->entries[i].link);
        if (found == NULL)
            continue;
        *key = tn_incref_value(m->entries[i].key);
        remove_entry(space_of(m), m, i);
        return found;
    }
    return NULL;
}

void
tn_weakmap_clear(tn_object *o)
{
    struct weakmap *m = map_of(o);
    for (uint32_t i = 0; i < m->used; i++)
        if (m->entries[i].link.target != NULL)
            remove_entry(space_of(m), m, i);
}

// --- Made of the others ----------------------------------------------------------------------

tn_err
tn_weakmap_set_default(tn_object *o, tn_value key, tn_object *fallback, tn_object **result)
{
    tn_object *found = tn_weakmap_get(o, key);
    tn_err err = found != NULL ? TN_OK : tn_weakmap_set_at(o, key, fallback, NULL);
    if (err == TN_OK)
        *result = found != NULL ? found : tn_incref(fallback);
    return err;
}

tn_object *
tn_weakmap_pop(tn_object *o, tn_value key)
{
    tn_object *found = tn_weakmap_get(o, key);
    if (found != NULL)
        (void)tn_weakmap_delete(o, key);
    return found;
}

bool
tn_weakmap_remove(tn_object *o, tn_value key, const tn_object *held)
{
    return held != NULL && tn_weakmap_borrow(o, key) == held && tn_weakmap_delete(o, key) == TN_OK;
}

// --- Life ------------------------------------------------------------------------------------

static void
weakmap_clear(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    struct weakmap *m = map_of(o);
    tn_weakmap_clear(o);
    if (m->table.number != UNREGISTERED)
        tni_weak_remove_table(s, &m->table);
    m->table.number = UNREGISTERED;
    free_buffers(s, m);
}

static size_t
weakmap_size_of(const tn_object *o)
{
    const struct weakmap *m = map_of(o);
    if (m->room == 0)
        return 0;
    return tni_buffer_occupies(m->room * sizeof *m->entries) +
           tni_buffer_occupies(m->index_size * sizeof *m->index);
}

static bool
weakmap_check(const tn_object *o)
{
    const struct weakmap *m = map_of(o);
    uint32_t len = 0;
    for (uint32_t i = 0; i < m->used; i++) {
        if (m->entries[i].link.target == NULL)
            continue;
        struct tni_key k = tni_key_of(tni_objects_of(o), m->entries[i].key);
        if (find(m, &k) != &m->entries[i])
            return false;
        len++;
    }
    uint32_t dead = 0;
    for (uint32_t i = m->first_dead; i != 0; i = (uint32_t)m->entries[i - 1].key.bits)
        dead++;
    return len == m->len && len + dead == m->indexed;
}

static const struct tni_weak_table *
weakmap_table(const tn_object *o)
{
    return &map_of(o)->table;
}

const struct tni_builtin tni_weakmap_type = {
    .spec = {.name = "weakmap",
             .native = sizeof(struct weakmap),
             .flags = TN_ACYCLIC,
             .clear = weakmap_clear,
             .size_of = weakmap_size_of},
    .check = weakmap_check,
    .table_of = weakmap_table,
};
