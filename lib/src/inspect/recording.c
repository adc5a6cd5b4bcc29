// SPDX-License-Identifier: MIT
#include "inspect/recording.h"

#include "memory/alloc.h"

// --- Piles ---------------------------------------------------------------------------------------

void *
tni_pile_add(struct tni_pile *p, size_t size)
{
    if (p->count == p->room) {
        size_t room = p->room + p->room / 2 + 64;
        void *items = tni_scratch_resize(p->items, room * size);
        if (items == NULL)
            return NULL;
        p->items = items;
        p->room = room;
    }
    return memset((char *)p->items + p->count++ * size, 0, size);
}

void
tni_pile_drop(struct tni_pile *p)
{
    free(p->items);
    *p = (struct tni_pile){0};
}

// [numbers] says what [number] means: the [item]-th. Numbers that no dump writes are refused.
static bool
set_number(struct tni_recording *r, struct tni_pile *numbers, uint64_t number, size_t item)
{
    enum { MOST = 1 << 28 };
    r->words.broken |= number > MOST;
    while (!r->words.broken && numbers->count <= number)
        if (tni_pile_add(numbers, sizeof(uint32_t)) == NULL)
            r->words.lacks_memory = r->words.broken = true;
    if (!r->words.broken)
        ((uint32_t *)numbers->items)[number] = (uint32_t)item + 1;
    return !r->words.broken;
}

// 0: it means nothing.
static uint32_t
meaning_of(const struct tni_pile *numbers, uint64_t number)
{
    return number < numbers->count ? ((const uint32_t *)numbers->items)[number] : 0;
}

// --- Names, which the first reading keeps and later ones pass over -------------------------------

static void *
keep(struct tni_recording *r, void *item)
{
    r->words.lacks_memory |= item == NULL;
    r->words.broken |= item == NULL;
    return item;
}

static const char *
read_name(struct tni_recording *r)
{
    const char *text = tni_words_text(&r->words);
    return r->words.broken ? "" : keep(r, (void *)tni_arena_name(&r->arena, text));
}

static struct tni_recorded_type *
type_meant(struct tni_recording *r, uint64_t number)
{
    uint32_t meaning = meaning_of(&r->type_numbers, number);
    r->words.broken |= meaning == 0;
    return meaning != 0 ? (struct tni_recorded_type *)r->types.items + meaning - 1 : NULL;
}

static void
read_type(struct tni_recording *r)
{
    enum { MOST_SLOTS = 4096 };
    struct tni_recorded_type t = {0};
    uint64_t number = tni_words_number(&r->words);
    tni_words_number(&r->words); // flags
    t.name = read_name(r);
    t.slot_count = tni_words_number(&r->words);
    r->words.broken |= t.slot_count > MOST_SLOTS;
    if (!r->words.broken)
        t.slots = keep(r, tni_arena_take(&r->arena, (t.slot_count + 1) * sizeof *t.slots));
    for (size_t i = 0; !r->words.broken && i < t.slot_count; i++)
        t.slots[i] = read_name(r);
    if (r->words.broken || !set_number(r, &r->type_numbers, number, r->type_count))
        return;
    if (r->type_count++ < r->types.count)
        return;
    struct tni_recorded_type *kept = keep(r, tni_pile_add(&r->types, sizeof *kept));
    if (kept != NULL)
        *kept = t;
}

static void
read_key(struct tni_recording *r)
{
    enum { MOST_KEYS = 64 };
    struct tni_recorded_type *t = type_meant(r, tni_words_number(&r->words));
    uint64_t i = tni_words_number(&r->words);
    const char *name = read_name(r);
    if (r->words.broken || i >= MOST_KEYS) {
        r->words.broken = true;
        return;
    }
    if (t->keys == NULL)
        t->keys = keep(r, tni_arena_take(&r->arena, MOST_KEYS * sizeof *t->keys));
    if (t->keys == NULL)
        return;
    t->keys[i] = name;
    t->key_count = i >= t->key_count ? i + 1 : t->key_count;
}

static bool
read_addresses(struct tni_recording *r, uintptr_t *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uintptr_t address = tni_words_number(&r->words);
        if (addresses != NULL)
            addresses[i] = address;
    }
    return !r->words.broken;
}

// Without memory, or without debug information, the call site stays alone.
static void
complete(struct tni_recording *r, struct tni_recorded_stack *stack, const uintptr_t *addresses,
         size_t count, size_t limit)
{
    size_t skipped;
    tn_site *frames = tni_arena_take(&r->arena, limit * sizeof *frames);
    if (r->symbols == NULL)
        r->symbols = tni_symbols_open();
    if (frames == NULL || r->symbols == NULL)
        return;
    frames[0] = stack->frames[0];
    stack->frames = frames;
    stack->count += tni_symbols_callers(r->symbols, &r->arena, addresses, count, frames + 1,
                                        limit - 1, &skipped);
    stack->total = stack->total > skipped ? stack->total - skipped + 1 : 1;
}

static void
keep_stack(struct tni_recording *r, const tn_site *site, size_t total, const uintptr_t *addresses,
           size_t count, size_t limit)
{
    struct tni_recorded_stack *stack = keep(r, tni_pile_add(&r->stacks, sizeof *stack));
    tn_site *frame = keep(r, tni_arena_take(&r->arena, sizeof *frame));
    if (stack == NULL || frame == NULL)
        return;
    *frame = *site;
    *stack = (struct tni_recorded_stack){frame, 1, total};
    if (count > 0 && limit > 1)
        complete(r, stack, addresses, count, limit);
}

static void
read_stack(struct tni_recording *r)
{
    uint64_t number = tni_words_number(&r->words), limit = tni_words_number(&r->words);
    uint64_t total = tni_words_number(&r->words);
    const char *file = read_name(r);
    int line = (int)tni_words_number(&r->words);
    tn_site site = {file, line, read_name(r)};
    uint64_t count = tni_words_number(&r->words);
    r->words.broken |=
        count > TN_TRACE_MOST_FRAMES || limit > TN_TRACE_MOST_FRAMES || total < count;
    bool is_new = r->stack_count == r->stacks.count;
    uintptr_t *addresses = NULL;
    if (!r->words.broken && is_new && count > 0)
        addresses = keep(r, tni_scratch_resize(NULL, count * sizeof *addresses));
    if (!r->words.broken && read_addresses(r, addresses, count) &&
        set_number(r, &r->stack_numbers, number, r->stack_count)) {
        r->stack_count++;
        if (is_new)
            keep_stack(r, &site, total, addresses, count, limit);
    }
    free(addresses);
}

static void
read_heap(struct tni_recording *r)
{
    const char *name = read_name(r);
    r->words.broken |= !r->complete;
    r->complete = false;
    r->type_numbers.count = r->stack_numbers.count = 0;
    if (r->heap_count++ < r->heaps.count || r->words.broken)
        return;
    struct tni_recorded_heap *kept = keep(r, tni_pile_add(&r->heaps, sizeof *kept));
    if (kept != NULL)
        kept->name = name;
}

// --- Objects -------------------------------------------------------------------------------------

struct reading {
    struct tni_recording *r;
    const struct tni_pass *pass;
    void *arg;
    struct tni_recorded_object object;
    bool open, stopped;
    size_t objects;
    uint64_t lost; // edges that were never written
};

static void
stop_unless(struct reading *g, bool goes_on)
{
    g->stopped |= !goes_on;
    g->r->words.broken |= !goes_on;
}

static void
begin_object(struct reading *g)
{
    if (g->open)
        return;
    g->open = true;
    if (g->pass->begin != NULL && !g->r->words.broken)
        stop_unless(g, g->pass->begin(g->arg, &g->object));
}

static void
end_object(struct reading *g)
{
    if (g->objects == 0 || g->object.type == NULL)
        return;
    begin_object(g);
    if (g->pass->end != NULL && !g->r->words.broken)
        stop_unless(g, g->pass->end(g->arg, &g->object));
    g->object.type = NULL;
    g->open = false;
}

static void
read_object(struct reading *g)
{
    struct tni_recording *r = g->r;
    struct tni_recorded_object *o = &g->object;
    *o = (struct tni_recorded_object){
        .serial = tni_words_number(&r->words), .heap = r->heap_count - 1, .ordinal = g->objects++};
    o->type = type_meant(r, tni_words_number(&r->words));
    o->bytes = tni_words_number(&r->words);
    o->refs = tni_words_number(&r->words);
    o->age = (unsigned)tni_words_number(&r->words);
    uint32_t stack = meaning_of(&r->stack_numbers, tni_words_number(&r->words));
    if (stack != 0)
        o->stack = tni_recorded_stacks(r) + stack - 1;
    r->words.broken |= o->serial == 0 || o->age > TNI_AGE_UNTRACKED || g->objects > UINT32_MAX;
}

static void
read_value(struct reading *g)
{
    uint64_t kind = tni_words_number(&g->r->words);
    g->object.value = tni_words_text(&g->r->words);
    g->object.value_len = g->r->words.text_len;
    g->object.is_text = kind == TNI_VALUE_TEXT;
    g->object.is_number = kind == TNI_VALUE_NUMBER;
}

static int
by_serial(const void *a, const void *b)
{
    const struct tni_row_of_object *x = a, *y = b;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static struct tni_row_of_object *
find_row(const struct tni_recording *r, uint64_t serial)
{
    struct tni_row_of_object wanted = {.serial = serial};
    if (r->rows.count == 0)
        return NULL;
    return bsearch(&wanted, r->rows.items, r->rows.count, sizeof wanted, by_serial);
}

static void
read_edges(struct reading *g)
{
    uint64_t word;
    begin_object(g);
    while ((word = tni_words_number(&g->r->words)) != 0) {
        uint64_t serial = tni_words_number(&g->r->words);
        if (g->pass->edge == NULL)
            continue;
        struct tni_recorded_edge e = {(enum tni_edge_kind)((word & 7) - 1), word >> 3,
                                      find_row(g->r, serial)};
        g->r->words.broken |= (word & 7) == 0 || (word & 7) > TNI_EDGE_WEAK + 1;
        if (!g->r->words.broken)
            stop_unless(g, g->pass->edge(g->arg, &g->object, &e));
    }
}

static void
read_domain(struct reading *g)
{
    const struct tni_recorded_type *type = type_meant(g->r, tni_words_number(&g->r->words));
    uint64_t bytes = tni_words_number(&g->r->words);
    if (g->pass->domain != NULL && !g->r->words.broken)
        stop_unless(g, g->pass->domain(g->arg, g->r->heap_count - 1, type, bytes));
}

static void
read_end(struct reading *g)
{
    g->lost += tni_words_number(&g->r->words);
    g->r->complete = true;
}

static void
read_one(struct reading *g, int tag)
{
    if (tag != TNI_RECORD_EDGES && tag != TNI_RECORD_VALUE)
        end_object(g);
    if (g->r->complete != (tag == TNI_RECORD_HEAP)) {
        g->r->words.broken = true;
        return;
    }
    switch (tag) {
    case TNI_RECORD_HEAP:
        read_heap(g->r);
        break;
    case TNI_RECORD_TYPE:
        read_type(g->r);
        break;
    case TNI_RECORD_KEY:
        read_key(g->r);
        break;
    case TNI_RECORD_STACK:
        read_stack(g->r);
        break;
    case TNI_RECORD_OBJECT:
        read_object(g);
        break;
    case TNI_RECORD_VALUE:
        read_value(g);
        break;
    case TNI_RECORD_EDGES:
        read_edges(g);
        break;
    case TNI_RECORD_DOMAIN:
        read_domain(g);
        break;
    case TNI_RECORD_END:
        read_end(g);
        break;
    default:
        g->r->words.broken = true;
    }
}

static void
rewind_recording(struct tni_recording *r)
{
    rewind(r->words.in);
    r->words.broken = false;
    r->type_count = r->stack_count = r->heap_count = 0;
    r->complete = true;
}

static tn_err
read_all(struct reading *g)
{
    struct tni_words *w = &g->r->words;
    int tag;
    rewind_recording(g->r);
    while ((tag = tni_words_tag(w)) != EOF)
        read_one(g, tag);
    end_object(g);
    if (g->stopped)
        return w->lacks_memory ? TN_ENOMEM : TN_EFILE;
    if (w->lacks_memory)
        return TN_ENOMEM;
    return !w->broken && g->r->complete && g->r->heap_count > 0 ? TN_OK : TN_EINVAL;
}

tn_err
tni_recording_read(struct tni_recording *r, const struct tni_pass *pass, void *arg)
{
    struct reading g = {.r = r, .pass = pass, .arg = arg};
    return read_all(&g);
}

// --- Who is there --------------------------------------------------------------------------------

static bool
add_row(void *arg, const struct tni_recorded_object *o)
{
    struct tni_recording *r = arg;
    struct tni_row_of_object *row = tni_pile_add(&r->rows, sizeof *row);
    r->words.lacks_memory |= row == NULL;
    if (row != NULL)
        *row = (struct tni_row_of_object){.serial = o->serial, .ordinal = (uint32_t)o->ordinal};
    return row != NULL;
}

static bool
add_domain(void *arg, size_t heap, const struct tni_recorded_type *t, uint64_t bytes)
{
    tni_recorded_heaps(arg)[heap].domains++;
    return true;
}

static bool
count_edge(void *arg, const struct tni_recorded_object *o, const struct tni_recorded_edge *e)
{
    struct tni_recording *r = arg;
    if (e->to == NULL)
        r->counts.dropped++;
    else
        r->counts.edges++;
    if (e->to != NULL && e->kind != TNI_EDGE_WEAK)
        e->to->held++;
    return true;
}

static bool
count_root(void *arg, const struct tni_recorded_object *o)
{
    struct tni_recording *r = arg;
    tni_recorded_heaps(r)[o->heap].roots += tni_is_recorded_root(r, o);
    return true;
}

// The references can be told apart only when everybody is known, the roots when they were counted.
static tn_err
read_everything(struct tni_recording *r)
{
    static const struct tni_pass who = {.begin = add_row, .domain = add_domain};
    static const struct tni_pass edges = {.edge = count_edge}, roots = {.begin = count_root};
    struct reading first = {.r = r, .pass = &who, .arg = r};
    tn_err err = read_all(&first);
    if (err != TN_OK)
        return err;
    if (r->rows.count > 0)
        qsort(r->rows.items, r->rows.count, sizeof(struct tni_row_of_object), by_serial);
    r->counts = (tn_dump_counts){.objects = r->rows.count, .dropped = first.lost};
    err = tni_recording_read(r, &edges, r);
    return err == TN_OK ? tni_recording_read(r, &roots, r) : err;
}

tn_err
tni_recording_open(struct tni_recording *r, FILE *in)
{
    *r = (struct tni_recording){.words.in = in};
    tn_err err = read_everything(r);
    tni_symbols_close(r->symbols);
    r->symbols = NULL;
    if (err != TN_OK)
        tni_recording_close(r);
    return err;
}

void
tni_recording_close(struct tni_recording *r)
{
    tni_symbols_close(r->symbols);
    tni_arena_drop(&r->arena);
    tni_pile_drop(&r->types);
    tni_pile_drop(&r->stacks);
    tni_pile_drop(&r->heaps);
    tni_pile_drop(&r->rows);
    tni_pile_drop(&r->type_numbers);
    tni_pile_drop(&r->stack_numbers);
    tni_words_drop(&r->words);
}

// --- Questions -----------------------------------------------------------------------------------

bool
tni_is_recorded_root(const struct tni_recording *r, const struct tni_recorded_object *o)
{
    const struct tni_row_of_object *row = find_row(r, o->serial);
    return row != NULL && o->refs > row->held;
}

const char *
tni_recorded_name(const struct tni_recorded_object *o, const struct tni_recorded_edge *e)
{
    const struct tni_recorded_type *t = o->type;
    switch (e->kind) {
    case TNI_EDGE_SLOT:
        return e->place < t->slot_count ? t->slots[e->place] : "(slot)";
    case TNI_EDGE_ATTRIBUTE:
        return e->place < t->key_count && t->keys[e->place] != NULL ? t->keys[e->place]
                                                                    : "(attribute)";
    case TNI_EDGE_KEY:
        return "(key)";
    case TNI_EDGE_NATIVE:
        return "(native)";
    case TNI_EDGE_WEAK:
        return "(weak)";
    default:
        return NULL;
    }
}

tn_err
tn_dump_count(FILE *records, tn_dump_counts *counts)
{
    struct tni_recording r;
    tn_err err = tni_recording_open(&r, records);
    if (err != TN_OK)
        return err;
    *counts = r.counts;
    tni_recording_close(&r);
    return TN_OK;
}
