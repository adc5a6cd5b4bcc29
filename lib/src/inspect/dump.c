// SPDX-License-Identifier: MIT
#include "inspect/dump.h"

#include "gc/timing.h"
#include "inspect/walk.h"
#include "memory/serial.h"
#include "object/track.h"
#include "object/traverse.h"
#include "object/weak.h"
#include "tenure/containers.h"

// FULL bytes end a slice; CHUNK references are written, or units of work done, between two looks at
// the clock.
enum { FULL = 1 << 20, CHUNK = 64 };

// Which parts of an object are written, in this order.
enum stage { HEADER, SPAN, RECORD, NATIVE, WEAK, WRITTEN };

struct tn_dump {
    struct tni_objects *s;
    bool include_values, done;
    struct tni_cursor at;
    enum stage stage; // of the object at the cursor
    uint32_t next;    // the next of its values or entries
    uint64_t serial;  // its
    size_t work;      // units since the clock was looked at
    uint64_t dropped;
    // By type: names in dictionaries that were written, plus one; 0: not even the type.
    uint32_t *keys;
    size_t type_room;
    unsigned char *stacks; // by number: was written
    size_t stack_room;
    uint32_t epoch; // of the tracer, whose numbers they are
    struct tni_bytes out;
};

// --- Tables of what was written ------------------------------------------------------------------

// Room for [count] items, the new ones zero. False: out of memory.
static bool
make_room(struct tn_dump *d, void *table, size_t *room, size_t count, size_t item)
{
    void **items = table;
    if (count <= *room)
        return true;
    size_t larger = count + count / 2 + 16;
    char *grown = tni_table_resize(&d->s->memory, *items, *room * item, larger * item);
    if (grown == NULL)
        return false;
    memset(grown + *room * item, 0, (larger - *room) * item);
    *items = grown;
    *room = larger;
    return true;
}

static void
write_site(struct tn_dump *d, const tn_site *site)
{
    site = site != NULL ? site : &tni_nowhere;
    tni_bytes_name(&d->out, site->file);
    tni_bytes_number(&d->out, (uint64_t)site->line);
    tni_bytes_name(&d->out, site->function);
}

static void
write_stack(struct tn_dump *d, uint32_t number)
{
    struct tni_traceback stack = tni_stacks_at(&d->s->memory.tracer.stacks, number);
    tni_bytes_number(&d->out, TNI_RECORD_STACK);
    tni_bytes_number(&d->out, number);
    tni_bytes_number(&d->out, d->s->memory.tracer.frames);
    tni_bytes_number(&d->out, stack.total);
    write_site(d, stack.site);
    tni_bytes_number(&d->out, stack.count);
    for (uint32_t i = 0; i < stack.count; i++)
        tni_bytes_number(&d->out, stack.addresses[i]);
}

// The number of the object's traceback, which is written by then; 0: unknown.
static uint32_t
stack_of(struct tn_dump *d, const tn_object *o)
{
    const struct tni_tracer *t = &d->s->memory.tracer;
    uint32_t trace = tni_trace_of(tni_page_of(o), o);
    if (trace == 0)
        return 0;
    if (d->epoch != t->epoch && d->stacks != NULL)
        memset(d->stacks, 0, d->stack_room);
    d->epoch = t->epoch;
    uint32_t number = tni_tracer_at(t, trace)->key.stack;
    if (!make_room(d, &d->stacks, &d->stack_room, number + 1, 1)) {
        d->out.failed = true;
        return 0;
    }
    if (!d->stacks[number])
        write_stack(d, number);
    d->stacks[number] = 1;
    return number;
}

static void
write_type(struct tn_dump *d, const tn_type *type)
{
    tni_bytes_number(&d->out, TNI_RECORD_TYPE);
    tni_bytes_number(&d->out, type->index);
    tni_bytes_number(&d->out, type->flags);
    tni_bytes_name(&d->out, type->name);
    tni_bytes_number(&d->out, type->slot_count);
    for (size_t i = 0; i < type->slot_count; i++)
        tni_bytes_name(&d->out, type->slots[i]);
}

static void
write_key(struct tn_dump *d, const tn_type *type, size_t i)
{
    tni_bytes_number(&d->out, TNI_RECORD_KEY);
    tni_bytes_number(&d->out, type->index);
    tni_bytes_number(&d->out, i);
    tni_bytes_name(&d->out, type->keys->names[i]);
}

// The type and the names in its dictionaries are written by then. False: out of memory.
static bool
introduce(struct tn_dump *d, const tn_type *type)
{
    if (!make_room(d, &d->keys, &d->type_room, type->index + 1, sizeof *d->keys))
        return false;
    uint32_t *known = &d->keys[type->index];
    if (*known == 0)
        write_type(d, type);
    size_t count = type->keys != NULL ? type->keys->count : 0;
    for (size_t i = *known > 0 ? *known - 1 : 0; i < count; i++)
        write_key(d, type, i);
    *known = (uint32_t)count + 1;
    return true;
}

// --- An object's header --------------------------------------------------------------------------

static void
write_value(struct tn_dump *d, const tn_object *o)
{
    char text[32];
    tn_value v = tn_ref(o);
    size_t len;
    if (o->type == TNI_TYPE_STR) {
        len = tn_str_len(o) < TN_DUMP_VALUE ? tn_str_len(o) : TN_DUMP_VALUE;
        tni_bytes_number(&d->out, TNI_RECORD_VALUE);
        tni_bytes_number(&d->out, TNI_VALUE_TEXT);
        tni_bytes_text(&d->out, tn_str_data(o), len);
        return;
    }
    if (o->type == TNI_TYPE_FLOAT)
        len = (size_t)snprintf(text, sizeof text, "%.17g", tn_float_get(v));
    else if (o->type == TNI_TYPE_INT && tn_int_fits(v))
        len = (size_t)snprintf(text, sizeof text, "%lld", (long long)tn_int_get(v));
    else
        return;
    tni_bytes_number(&d->out, TNI_RECORD_VALUE);
    tni_bytes_number(&d->out, TNI_VALUE_NUMBER);
    tni_bytes_text(&d->out, text, len);
}

static unsigned
age_of(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    if (!(at.row->tracked & at.bit))
        return TNI_AGE_UNTRACKED;
    return at.row->frozen & at.bit ? TNI_AGE_FROZEN : (unsigned)tni_generation_at(at);
}

static bool
write_header(struct tn_dump *d, const tn_object *o, const tn_type *type)
{
    d->serial = tni_serial(&d->s->memory, o);
    if (d->serial == 0 || !introduce(d, type))
        return false;
    uint32_t stack = stack_of(d, o);
    tni_bytes_number(&d->out, TNI_RECORD_OBJECT);
    tni_bytes_number(&d->out, d->serial);
    tni_bytes_number(&d->out, type->index);
    tni_bytes_number(&d->out, tn_sizeof(o));
    tni_bytes_number(&d->out, o->refs);
    tni_bytes_number(&d->out, age_of(o));
    tni_bytes_number(&d->out, stack);
    if (d->include_values)
        write_value(d, o);
    return true;
}

// --- References ----------------------------------------------------------------------------------

static void
write_edge(struct tn_dump *d, const tn_object *child, enum tni_edge_kind kind, uint64_t place)
{
    d->work++;
    if (tni_is_dying(child)) {
        d->dropped++;
        return;
    }
    uint64_t serial = tni_serial(&d->s->memory, child);
    d->out.failed |= serial == 0;
    tni_bytes_number(&d->out, ((uint64_t)kind + 1) | place << 3);
    tni_bytes_number(&d->out, serial);
}

// What the references of a span are: slots by their name, a dict's in pairs of key and value.
static void
write_item(struct tn_dump *d, const tn_object *o, const tn_type *type, size_t i, tn_value v)
{
    if (!tn_is_object(v))
        return;
    bool pairs = o->type == TNI_TYPE_DICT;
    enum tni_edge_kind kind = !type->spilled        ? TNI_EDGE_SLOT
                              : pairs && i % 2 == 0 ? TNI_EDGE_KEY
                                                    : TNI_EDGE_ITEM;
    write_edge(d, tn_as_object(v), kind, pairs ? i / 2 : i);
}

// True: there is more of them.
static bool
write_span(struct tn_dump *d, const tn_object *o, const tn_type *type)
{
    struct tni_span span = tni_span_of(type, o);
    uint32_t end = span.count > d->next + CHUNK ? d->next + CHUNK : span.count;
    for (; d->next < end; d->next++)
        write_item(d, o, type, d->next, span.values[d->next]);
    d->work++;
    return d->next < span.count;
}

static void
write_record(struct tn_dump *d, const tn_object *o, const tn_type *type)
{
    const struct tni_record *r = tni_record_of(type, o);
    for (size_t i = 0; i < r->room; i++)
        if (tn_is_object(r->values[i]))
            write_edge(d, tn_as_object(r->values[i]),
                       r->apart ? TNI_EDGE_NATIVE : TNI_EDGE_ATTRIBUTE, r->apart ? 0 : i);
}

static void
write_native_edge(tn_object *child, void *arg)
{
    write_edge(arg, child, TNI_EDGE_NATIVE, 0);
}

static void
write_native(struct tn_dump *d, tn_object *o, const tn_type *type)
{
    tni_traverse_bytes(type, o, write_native_edge, d);
}

static void
write_entry(struct tn_dump *d, const struct tni_weak_table *table, uint32_t i)
{
    const char *at = table->links + i * table->stride;
    const struct tni_link *link = (const void *)at;
    if (link->target == NULL)
        return;
    write_edge(d, link->target, TNI_EDGE_WEAK, i);
    const tn_value *key = (const void *)(at - table->key_before);
    if (table->key_before > 0 && tn_is_object(*key))
        write_edge(d, tn_as_object(*key), TNI_EDGE_KEY, i);
}

// True: there is more of them.
static bool
write_weak(struct tn_dump *d, const tn_object *o, const tn_type *type)
{
    if (o->type == TNI_TYPE_WEAKREF) {
        const struct tni_weakref *w = tn_payload(o);
        if (w->link.target != NULL)
            write_edge(d, w->link.target, TNI_EDGE_WEAK, 0);
    }
    const struct tni_weak_table *table = type->table_of != NULL ? type->table_of(o) : NULL;
    uint32_t used = table != NULL ? *table->used : 0;
    uint32_t end = used > d->next + CHUNK ? d->next + CHUNK : used;
    for (; d->next < end; d->next++)
        write_entry(d, table, d->next);
    d->work += table != NULL;
    return d->next < used;
}

static bool
write_part(struct tn_dump *d, tn_object *o, const tn_type *type)
{
    switch (d->stage) {
    case SPAN:
        return write_span(d, o, type);
    case RECORD:
        if (type->record_at != 0)
            write_record(d, o, type);
        return false;
    case NATIVE:
        write_native(d, o, type);
        return false;
    default:
        return write_weak(d, o, type);
    }
}

// One part of the references, or as much as is written between two looks at the clock.
static void
write_edges(struct tn_dump *d, tn_object *o, const tn_type *type)
{
    tni_bytes_number(&d->out, TNI_RECORD_EDGES);
    while (d->stage < WRITTEN && d->work < CHUNK) {
        if (write_part(d, o, type))
            continue;
        d->stage++;
        d->next = 0;
    }
    tni_bytes_number(&d->out, 0);
}

// --- The walk ------------------------------------------------------------------------------------

static void
leave_object(struct tn_dump *d)
{
    d->at.slot++;
    d->stage = HEADER;
    d->next = 0;
}

// The object at the cursor or the next one; NULL: none in what is left of this page.
static tn_object *
find_object(struct tn_dump *d)
{
    for (; tni_cursor_has_slot(&d->at); leave_object(d)) {
        tn_object *o = tni_cursor_object(&d->at);
        if (o != NULL && (d->stage == HEADER || tni_serial_peek(o) == d->serial))
            return o;
    }
    d->stage = HEADER;
    return NULL;
}

static bool
write_some(struct tn_dump *d)
{
    tn_object *o = find_object(d);
    d->work++;
    if (o == NULL) {
        tni_cursor_turn_page(&d->at);
        return true;
    }
    const tn_type *type = d->s->types[o->type];
    if (d->stage == HEADER && !write_header(d, o, type))
        return false;
    d->stage += d->stage == HEADER;
    write_edges(d, o, type);
    if (d->stage == WRITTEN)
        leave_object(d);
    return !d->out.failed;
}

static void
write_end(struct tn_dump *d)
{
    for (uint32_t i = 1; i < d->s->type_count; i++) {
        const tn_type *type = d->s->types[i];
        if (!(type->flags & TN_DOMAIN) || type->account.bytes == 0)
            continue;
        d->out.failed |= !introduce(d, type);
        tni_bytes_number(&d->out, TNI_RECORD_DOMAIN);
        tni_bytes_number(&d->out, i);
        tni_bytes_number(&d->out, type->account.bytes);
    }
    tni_bytes_number(&d->out, TNI_RECORD_END);
    tni_bytes_number(&d->out, d->dropped);
    d->done = true;
}

// --- Public --------------------------------------------------------------------------------------

tn_err
tn_dump_begin(tn_heap *heap, const tn_dump_options *options, tn_dump **dump)
{
    static const tn_dump_options defaults;
    struct tni_objects *s = (struct tni_objects *)heap;
    const tn_dump_options *o = options != NULL ? options : &defaults;
    if (s->memory.pages.cursor != NULL)
        return TN_EBUSY;
    tn_dump *d = tni_table_resize(&s->memory, NULL, 0, sizeof *d);
    if (d == NULL)
        return TN_ENOMEM;
    *d = (tn_dump){.s = s, .include_values = o->include_values, .out.memory = &s->memory};
    if (!tni_bytes_reserve(&d->out, FULL)) { // now, so that no slice has to move it
        tni_table_resize(&s->memory, d, sizeof *d, 0);
        return TN_ENOMEM;
    }
    d->epoch = s->memory.tracer.epoch;
    tni_walk_start(s, &d->at);
    tni_bytes_number(&d->out, TNI_RECORD_HEAP);
    tni_bytes_name(&d->out, o->name != NULL ? o->name : "heap");
    *dump = d;
    return TN_OK;
}

tn_err
tn_dump_step(tn_dump *d, uint64_t budget_ns, bool *more)
{
    uint64_t end = tni_now_ns() + budget_ns;
    bool fine = !d->out.failed, in_time = true;
    tni_assert_owner(&d->s->memory);
    while (fine && in_time && d->out.len < FULL && d->at.segment != NULL) {
        fine = write_some(d);
        if (d->work < CHUNK)
            continue;
        d->work = 0;
        in_time = tni_now_ns() < end;
    }
    d->work = 0;
    if (fine && d->at.segment == NULL && !d->done)
        write_end(d);
    d->out.failed |= !fine;
    *more = !d->done && !d->out.failed;
    return d->out.failed ? TN_ENOMEM : TN_OK;
}

tn_err
tn_dump_flush(tn_dump *d, FILE *records)
{
    size_t len = d->out.len;
    d->out.len = 0;
    if (fwrite(d->out.data, 1, len, records) != len || fflush(records) != 0)
        return TN_EFILE;
    return TN_OK;
}

void
tn_dump_end(tn_dump *d)
{
    if (d == NULL)
        return;
    struct tni_memory *m = &d->s->memory;
    tni_walk_stop(d->s, &d->at);
    tni_table_resize(m, d->keys, d->type_room * sizeof *d->keys, 0);
    tni_table_resize(m, d->stacks, d->stack_room, 0);
    tni_bytes_drop(&d->out);
    tni_table_resize(m, d, sizeof *d, 0);
}
