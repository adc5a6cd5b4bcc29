// SPDX-License-Identifier: MIT
#include "inspect/fields.h"

#include "inspect/walk.h"
#include "object/traverse.h"

#include <string.h>

struct request {
    const tn_object *holder;
    tn_field *rows;
    size_t from, max, count; // of the fields so far
};

static void
note(size_t place, tn_value v, void *arg)
{
    struct request *r = arg;
    size_t at = r->count++;
    if (at < r->from || at - r->from >= r->max)
        return;
    tn_field *row = &r->rows[at - r->from];
    tn_reference told = tni_describe(r->holder, place);
    memcpy(row->place, told.place, sizeof row->place);
    row->value = v;
}

static void
note_native(tn_object *child, void *arg)
{
    note(TNI_NATIVE, tn_ref(child), arg);
}

size_t
tn_fields_get(const tn_object *o, size_t from, tn_field *rows, size_t max)
{
    const tn_type *type = tni_type_of(o);
    struct tni_span span = tni_span_of(type, o);
    struct request r = {o, rows, from, max, 0};
    for (size_t i = 0; i < span.count; i++)
        if (!tn_is_absent(span.values[i]))
            note(i, span.values[i], &r);
    tni_each_attribute(o, note, &r);
    tni_traverse_bytes(type, (tn_object *)(uintptr_t)o, note_native, &r);
    return r.count;
}
