// SPDX-License-Identifier: MIT
//
// heap: the shard's lock is held while an object, at most 256 of its fields, or at most NODES_MOST
// of the objects behind it are looked at: about a millisecond.
#include "admin/heap.h"

#include "admin/object.h"
#include "admin/window.h"

#include <tenure/containers.h>

#include <string.h>

enum { FIELDS_MOST = 256, FIELDS_SHOWN = 50, TEXT_MOST = 256, NODES_MOST = 10000 };

// --- Values --------------------------------------------------------------------------------------

// At most TEXT_MOST bytes; half a character at the end becomes U+FFFD.
static void
add_contents(struct text *t, const tn_object *str)
{
    size_t len = tn_str_len(str);
    text_adds(t, ",\"text\":");
    text_add_json(t, (struct span){tn_str_data(str), len < TEXT_MOST ? len : TEXT_MOST});
    text_addf(t, ",\"length\":%zu", len);
}

static void
add_object_value(struct text *t, tn_object *o, bool values)
{
    uint64_t oid = tn_serial(o);
    t->failed |= oid == 0;
    text_addf(t, "\"oid\":\"%lu\",\"type\":", (unsigned long)oid);
    text_add_json(t, span_of(tn_type_name(tn_type_of(o))));
    if (values && tn_is_str(tn_ref(o)))
        add_contents(t, o);
}

static void
add_inline_value(struct text *t, tn_value v)
{
    text_adds(t, "\"oid\":null,");
    if (tn_is(v, TN_NONE))
        text_adds(t, "\"type\":\"none\"");
    else if (tn_is(v, TN_TRUE) || tn_is(v, TN_FALSE))
        text_addf(t, "\"type\":\"bool\",\"value\":%s", tn_is(v, TN_TRUE) ? "true" : "false");
    else
        text_addf(t, "\"type\":\"int\",\"value\":%lld", (long long)tn_as_int(v));
}

static void
add_field(struct text *t, const tn_field *field, bool values)
{
    text_adds(t, "{\"place\":");
    object_add_place(t, field->place, values);
    text_adds(t, ",");
    if (tn_is_object(field->value))
        add_object_value(t, tn_as_object(field->value), values);
    else
        add_inline_value(t, field->value);
    text_adds(t, "}");
}

// Returns how many there are in all.
static size_t
add_fields(struct text *t, const tn_object *o, size_t from, size_t limit, bool values)
{
    tn_field fields[FIELDS_MOST];
    size_t count = tn_fields_get(o, from, fields, limit);
    for (size_t i = 0; i < limit && from + i < count; i++) {
        text_adds(t, i > 0 ? "," : "");
        add_field(t, &fields[i], values);
    }
    return count;
}

// --- Calls ---------------------------------------------------------------------------------------

void
heap_show_object(struct request *r)
{
    struct object_row row;
    struct shard *s;
    uint64_t oid;
    bool values;
    if (!object_read_oid(r, &oid) || !object_read_values(r, &values))
        return;
    tn_object *o = object_take(r, oid, &s);
    if (!o)
        return;
    struct text t;
    text_init(&t);
    t.failed |= !object_read(&row, s, o);
    row.references--; // ours
    object_add_row(&t, &row);
    text_adds(&t, ",\"fields\":[");
    size_t count = add_fields(&t, o, 0, FIELDS_SHOWN, values);
    object_give(s, o);
    text_addf(&t, "],\"field_count\":%zu}", count);
    reply_json(r, 200, &t);
}

void
heap_show_referents(struct request *r)
{
    struct shard *s;
    uint64_t oid;
    size_t limit, from;
    bool values;
    if (!object_read_oid(r, &oid) || !object_read_values(r, &values) ||
        !window_read_offset(r, FIELDS_MOST, &limit, &from))
        return;
    tn_object *o = object_take(r, oid, &s);
    if (!o)
        return;
    struct text t;
    text_init(&t);
    text_adds(&t, "{\"items\":[");
    size_t count = add_fields(&t, o, from, limit, values);
    object_give(s, o);
    window_end(&t, from + limit < count ? from + limit : 0);
    reply_json(r, 200, &t);
}

void
heap_show_size(struct request *r)
{
    struct shard *s;
    uint64_t oid;
    size_t most = NODES_MOST;
    if (!object_read_oid(r, &oid) || !window_read_count(r, "max_nodes", NODES_MOST, &most))
        return;
    tn_object *o = object_take(r, oid, &s);
    if (!o)
        return;
    tn_deep_size deep;
    bool all = true;
    size_t self = tn_sizeof(o);
    tn_err err = tn_sizeof_deep_most(o, most, &deep, &all);
    object_give(s, o);
    if (err != TN_OK) {
        reply_problem(r, "out-of-memory", "There is no memory to visit what it refers to.");
        return;
    }
    struct text t;
    text_init(&t);
    text_addf(&t, "{\"self\":%zu,\"deep\":{\"objects\":%zu,\"bytes\":%zu},", self, deep.objects,
              deep.bytes);
    text_addf(&t, "\"unique\":{\"objects\":%zu,\"bytes\":%zu},\"truncated\":%s}",
              deep.exclusive_objects, deep.exclusive_bytes, all ? "false" : "true");
    reply_json(r, 200, &t);
}
