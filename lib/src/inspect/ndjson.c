// SPDX-License-Identifier: MIT
//
// An object's weak references come after its others, but in the file they may come in between: a
// line waits in memory until its object ends.
#include "inspect/ndjson.h"

#include "inspect/jsontext.h"
#include "inspect/recording.h"

#include <string.h>

struct lines {
    struct tni_recording r;
    FILE *out;
    struct tni_pile refs, weak; // of uint64_t: serials, of the object that is read
};

static void
write_text(struct lines *l, const char *name, const char *text)
{
    fprintf(l->out, "\"%s\":", name);
    tni_json_text(l->out, text, strlen(text));
}

static void
write_ids(struct lines *l, const char *name, struct tni_pile *ids)
{
    fprintf(l->out, ",\"%s\":[", name);
    for (size_t i = 0; i < ids->count; i++) {
        if (i > 0)
            putc_unlocked(',', l->out);
        tni_json_number(l->out, ((const uint64_t *)ids->items)[i]);
    }
    putc_unlocked(']', l->out);
    ids->count = 0;
}

static void
write_age(struct lines *l, unsigned age)
{
    static const char *const names[] = {"0", "1", "2", "\"frozen\"", "\"untracked\""};
    fprintf(l->out, ",\"generation\":%s", names[age]);
}

static void
write_site(struct lines *l, const struct tni_recorded_stack *stack)
{
    if (stack == NULL) {
        fputs(",\"site\":null", l->out);
        return;
    }
    fputs(",\"site\":{", l->out);
    write_text(l, "file", stack->frames[0].file);
    fprintf(l->out, ",\"line\":%d,", stack->frames[0].line);
    write_text(l, "function", stack->frames[0].function);
    putc_unlocked('}', l->out);
}

// A number that JSON has no form for is a string.
static void
write_value(struct lines *l, const struct tni_recorded_object *o)
{
    if (!o->is_text && !o->is_number)
        return;
    fputs(",\"value\":", l->out);
    if (o->is_number && strpbrk(o->value, "nN") == NULL)
        fputs(o->value, l->out);
    else
        tni_json_text(l->out, o->value, o->value_len);
}

static bool
note_edge(void *arg, const struct tni_recorded_object *o, const struct tni_recorded_edge *e)
{
    struct lines *l = arg;
    if (e->to == NULL)
        return true;
    uint64_t *serial = tni_pile_add(e->kind == TNI_EDGE_WEAK ? &l->weak : &l->refs, sizeof *serial);
    l->r.words.lacks_memory |= serial == NULL;
    if (serial != NULL)
        *serial = e->to->serial;
    return serial != NULL;
}

static bool
write_line(void *arg, const struct tni_recorded_object *o)
{
    struct lines *l = arg;
    fputs("{\"id\":", l->out);
    tni_json_number(l->out, o->serial);
    putc_unlocked(',', l->out);
    write_text(l, "heap", tni_recorded_heaps(&l->r)[o->heap].name);
    putc_unlocked(',', l->out);
    write_text(l, "type", o->type->name);
    fputs(",\"bytes\":", l->out);
    tni_json_number(l->out, o->bytes);
    fputs(",\"references\":", l->out);
    tni_json_number(l->out, o->refs);
    write_age(l, o->age);
    write_ids(l, "refs", &l->refs);
    write_ids(l, "weak", &l->weak);
    write_site(l, o->stack);
    write_value(l, o);
    fputs("}\n", l->out);
    return !ferror(l->out);
}

tn_err
tn_dump_write_ndjson(FILE *records, FILE *out, tn_dump_counts *counts)
{
    static const struct tni_pass lines = {.edge = note_edge, .end = write_line};
    struct lines l = {.out = out};
    tn_err err = tni_recording_open(&l.r, records);
    if (err != TN_OK)
        return err;
    err = tni_recording_read(&l.r, &lines, &l);
    if (err == TN_OK && fflush(out) != 0)
        err = TN_EFILE;
    if (err == TN_OK && counts != NULL)
        *counts = l.r.counts;
    tni_pile_drop(&l.refs);
    tni_pile_drop(&l.weak);
    tni_recording_close(&l.r);
    return err;
}
