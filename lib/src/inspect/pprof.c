// SPDX-License-Identifier: MIT
#include "inspect/pprof.h"

#include "inspect/numbering.h"
#include "profile.pb-c.h"

#include <string.h>
#include <time.h>
#include <zlib.h>

// The names that Go gives them, so that tools know them.
enum { VALUES = 4 };
static const char *const value_types[VALUES][2] = {{"alloc_objects", "count"},
                                                   {"alloc_space", "bytes"},
                                                   {"inuse_objects", "count"},
                                                   {"inuse_space", "bytes"}};

struct builder {
    struct tni_arena arena;
    struct tni_numbering strings;   // pointers to the arena's names
    struct tni_numbering functions; // numbers of name and file
    struct tni_numbering locations; // number of a function, line
    Tni__Pprof__Profile profile;
    bool failed;
};

static void *
take(struct builder *b, size_t size)
{
    void *taken = tni_arena_take(&b->arena, size);
    b->failed |= taken == NULL;
    return taken;
}

static size_t
number(struct builder *b, struct tni_numbering *n, uintptr_t x, uintptr_t y)
{
    size_t found = tni_numbering_of(n, x, y, 0);
    b->failed |= found == SIZE_MAX;
    return found;
}

static int64_t
string_of(struct builder *b, const char *text)
{
    const char *name = tni_arena_name(&b->arena, text);
    b->failed |= name == NULL;
    return (int64_t)number(b, &b->strings, (uintptr_t)name, 0);
}

// --- Samples -------------------------------------------------------------------------------------

// Ids start at 1.
static uint64_t
location_of(struct builder *b, const tn_site *frame)
{
    int64_t name = string_of(b, frame->function), file = string_of(b, frame->file);
    size_t function = number(b, &b->functions, (uintptr_t)name, (uintptr_t)file);
    return number(b, &b->locations, function + 1, (uintptr_t)frame->line) + 1;
}

static Tni__Pprof__Label *
label(struct builder *b, const char *key, const char *value)
{
    Tni__Pprof__Label *l = take(b, sizeof *l);
    if (l == NULL)
        return NULL;
    tni__pprof__label__init(l);
    l->key = string_of(b, key);
    l->str = string_of(b, value);
    return l;
}

static void
add_labels(struct builder *b, Tni__Pprof__Sample *s, const tn_snapshot_trace *t)
{
    s->label = take(b, 3 * sizeof *s->label);
    if (s->label == NULL)
        return;
    s->label[s->n_label++] = label(b, "type", t->type);
    s->label[s->n_label++] = label(b, "domain", t->domain);
    if (*t->tag != '\0')
        s->label[s->n_label++] = label(b, "route", t->tag);
}

static void
add_sample(struct builder *b, Tni__Pprof__Sample *s, const tn_snapshot_trace *t)
{
    tni__pprof__sample__init(s);
    s->location_id = take(b, t->frame_count * sizeof *s->location_id);
    s->value = take(b, VALUES * sizeof *s->value);
    if (b->failed)
        return;
    s->n_location_id = t->frame_count;
    for (size_t i = 0; i < t->frame_count; i++)
        s->location_id[i] = location_of(b, &t->frames[i]);
    const size_t values[VALUES] = {t->made_count, t->made_bytes, t->count, t->bytes};
    s->n_value = VALUES;
    for (int i = 0; i < VALUES; i++)
        s->value[i] = (int64_t)values[i];
    add_labels(b, s, t);
}

static void
add_samples(struct builder *b, const tn_snapshot *snapshot)
{
    size_t count = tn_snapshot_len(snapshot);
    Tni__Pprof__Sample *samples = take(b, count * sizeof *samples);
    b->profile.sample = take(b, count * sizeof *b->profile.sample);
    tn_snapshot_trace t;
    for (size_t i = 0; !b->failed && tn_snapshot_get(snapshot, i, &t); i++) {
        b->profile.sample[b->profile.n_sample++] = &samples[i];
        add_sample(b, &samples[i], &t);
    }
}

// --- Tables --------------------------------------------------------------------------------------

static Tni__Pprof__ValueType *
value_type(struct builder *b, const char *type, const char *unit)
{
    Tni__Pprof__ValueType *v = take(b, sizeof *v);
    if (v == NULL)
        return NULL;
    tni__pprof__value_type__init(v);
    v->type = string_of(b, type);
    v->unit = string_of(b, unit);
    return v;
}

static void
add_types(struct builder *b)
{
    b->profile.sample_type = take(b, VALUES * sizeof *b->profile.sample_type);
    for (int i = 0; !b->failed && i < VALUES; i++)
        b->profile.sample_type[b->profile.n_sample_type++] =
            value_type(b, value_types[i][0], value_types[i][1]);
    b->profile.period_type = value_type(b, "space", "bytes");
    b->profile.period = 1; // what was sampled is scaled already
    b->profile.default_sample_type = string_of(b, "inuse_space");
    b->profile.time_nanos = (int64_t)time(NULL) * 1000000000;
}

static void
add_functions(struct builder *b)
{
    size_t count = b->functions.count;
    Tni__Pprof__Function *functions = take(b, count * sizeof *functions);
    b->profile.function = take(b, count * sizeof *b->profile.function);
    for (size_t i = 0; !b->failed && i < count; i++) {
        const struct tni_key3 *key = &b->functions.keys[i];
        tni__pprof__function__init(&functions[i]);
        functions[i].id = i + 1;
        functions[i].name = functions[i].system_name = (int64_t)key->a;
        functions[i].filename = (int64_t)key->b;
        b->profile.function[b->profile.n_function++] = &functions[i];
    }
}

static void
add_locations(struct builder *b)
{
    size_t count = b->locations.count;
    Tni__Pprof__Location *locations = take(b, count * sizeof *locations);
    Tni__Pprof__Line *lines = take(b, count * sizeof *lines);
    Tni__Pprof__Line **line_of = take(b, count * sizeof *line_of);
    b->profile.location = take(b, count * sizeof *b->profile.location);
    for (size_t i = 0; !b->failed && i < count; i++) {
        const struct tni_key3 *key = &b->locations.keys[i];
        tni__pprof__line__init(&lines[i]);
        lines[i].function_id = key->a;
        lines[i].line = (int64_t)key->b;
        line_of[i] = &lines[i];
        tni__pprof__location__init(&locations[i]);
        locations[i].id = i + 1;
        locations[i].n_line = 1;
        locations[i].line = &line_of[i];
        b->profile.location[b->profile.n_location++] = &locations[i];
    }
}

static void
add_strings(struct builder *b)
{
    b->profile.string_table = take(b, b->strings.count * sizeof *b->profile.string_table);
    for (size_t i = 0; !b->failed && i < b->strings.count; i++)
        b->profile.string_table[b->profile.n_string_table++] = (char *)b->strings.keys[i].a;
}

// --- Writing -------------------------------------------------------------------------------------

static bool
compress_to(FILE *out, unsigned char *bytes, size_t size)
{
    enum { GZIP = 16 + MAX_WBITS, LEVEL = 6, MEMORY = 8 };
    z_stream z = {.next_in = bytes, .avail_in = (unsigned)size};
    unsigned char chunk[4096];
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    int state = Z_OK;
    while (state == Z_OK) {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        state = deflate(&z, Z_FINISH);
        fwrite(chunk, 1, sizeof chunk - z.avail_out, out);
    }
    deflateEnd(&z);
    return state == Z_STREAM_END;
}

static tn_err
write_profile(const struct builder *b, FILE *out)
{
    size_t size = tni__pprof__profile__get_packed_size(&b->profile);
    unsigned char *bytes = tni_scratch_resize(NULL, size);
    if (bytes == NULL)
        return TN_ENOMEM;
    tni__pprof__profile__pack(&b->profile, bytes);
    bool compressed = compress_to(out, bytes, size);
    free(bytes);
    if (!compressed)
        return TN_ENOMEM;
    return fflush(out) == 0 && !ferror(out) ? TN_OK : TN_EFILE;
}

tn_err
tn_snapshot_write_pprof(const tn_snapshot *snapshot, FILE *out)
{
    struct builder b = {.failed = false};
    tni__pprof__profile__init(&b.profile);
    string_of(&b, ""); // the format wants it to be number 0
    add_types(&b);
    add_samples(&b, snapshot);
    add_functions(&b);
    add_locations(&b);
    add_strings(&b);
    tn_err err = b.failed ? TN_ENOMEM : write_profile(&b, out);
    tni_numbering_drop(&b.strings);
    tni_numbering_drop(&b.functions);
    tni_numbering_drop(&b.locations);
    tni_arena_drop(&b.arena);
    return err;
}
