// SPDX-License-Identifier: MIT
#include "inspect/snapshot.h"

#include "inspect/symbol.h"
#include "inspect/tracing.h"

tn_snapshot *
tni_snapshot_new(void)
{
    tn_snapshot *s = tni_scratch_resize(NULL, sizeof *s);
    if (s != NULL)
        *s = (tn_snapshot){0};
    return s;
}

void
tn_snapshot_free(tn_snapshot *s)
{
    if (s == NULL)
        return;
    tni_arena_drop(&s->arena);
    free(s->taking.stacks);
    free(s->rows);
    free(s);
}

static struct tni_snapshot_row *
add_row(tn_snapshot *s)
{
    if (s->count == s->room) {
        size_t room = s->room * 2 + 64;
        void *rows = tni_scratch_resize(s->rows, room * sizeof *s->rows);
        if (rows == NULL)
            return NULL;
        s->rows = rows;
        s->room = room;
    }
    return &s->rows[s->count++];
}

static bool
name_frame(struct tni_arena *a, tn_site *frame, const tn_site *from)
{
    *frame =
        (tn_site){tni_arena_name(a, from->file), from->line, tni_arena_name(a, from->function)};
    return frame->file != NULL && frame->function != NULL;
}

static bool
name_row(struct tni_arena *a, struct tni_snapshot_row *row, const char *domain, const char *type,
         const char *tag)
{
    row->domain = tni_arena_name(a, domain);
    row->type = tni_arena_name(a, type);
    row->tag = tni_arena_name(a, tag != NULL ? tag : "");
    return row->domain != NULL && row->type != NULL && row->tag != NULL;
}

// --- Copies of copies ----------------------------------------------------------------------------

static struct tni_snapshot_stack *
copy_frames(struct tni_arena *a, const tn_site *frames, size_t count, size_t total)
{
    struct tni_snapshot_stack *stack = tni_arena_take(a, sizeof *stack);
    tn_site *copy = tni_arena_take(a, count * sizeof *copy);
    if (stack == NULL || copy == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!name_frame(a, &copy[i], &frames[i]))
            return NULL;
    *stack = (struct tni_snapshot_stack){.frames = copy, .frame_count = count, .total = total};
    return stack;
}

bool
tni_snapshot_append(tn_snapshot *s, const tn_snapshot_trace *t)
{
    struct tni_snapshot_row row = {.bytes = t->bytes,
                                   .count = t->count,
                                   .made_bytes = t->made_bytes,
                                   .made_count = t->made_count};
    row.stack = copy_frames(&s->arena, t->frames, t->frame_count, t->total_frames);
    if (row.stack == NULL || !name_row(&s->arena, &row, t->domain, t->type, t->tag))
        return false;
    struct tni_snapshot_row *place = add_row(s);
    if (place != NULL)
        *place = row;
    return place != NULL;
}

tn_err
tn_snapshot_add(tn_snapshot *s, const tn_snapshot *from)
{
    tn_snapshot_trace t;
    size_t before = s->count;
    for (size_t i = 0; tn_snapshot_get(from, i, &t); i++)
        if (!tni_snapshot_append(s, &t)) {
            s->count = before;
            return TN_ENOMEM;
        }
    return TN_OK;
}

// --- Taking one ----------------------------------------------------------------------------------

static bool
copy_stack(tn_snapshot *s, struct tni_snapshot_stack *stack, const struct tni_traceback *from,
           size_t limit)
{
    size_t size = from->count * sizeof(uintptr_t);
    uintptr_t *addresses = size > 0 ? tni_arena_take(&s->arena, size) : NULL;
    tn_site *frame = tni_arena_take(&s->arena, sizeof *frame);
    if (frame == NULL || (size > 0 && addresses == NULL))
        return false;
    if (size > 0)
        memcpy(addresses, from->addresses, size);
    *stack = (struct tni_snapshot_stack){addresses, from->count, limit, frame, 1, from->total};
    return name_frame(&s->arena, frame, from->site != NULL ? from->site : &tni_nowhere);
}

static const char *
domain_of(const struct tni_trace *trace, const tn_type *owner)
{
    if (trace->key.kind == TNI_TRACE_OBJECT)
        return "objects";
    return owner->flags & TN_DOMAIN ? owner->name : "buffers";
}

static size_t
blocks(uint64_t count)
{
    return (count + TNI_COUNT_ONE / 2) / TNI_COUNT_ONE;
}

static bool
copy_trace(tn_snapshot *s, const struct tni_trace *trace)
{
    const tn_type *owner = tni_trace_owner(trace);
    struct tni_snapshot_row row = {.stack = &s->taking.stacks[trace->key.stack],
                                   .bytes = tni_trace_in_use(trace).bytes,
                                   .count = blocks(tni_trace_in_use(trace).count),
                                   .made_bytes = trace->made.bytes,
                                   .made_count = blocks(trace->made.count)};
    if (!name_row(&s->arena, &row, domain_of(trace, owner), owner->name, trace->key.tag))
        return false;
    struct tni_snapshot_row *place = add_row(s);
    if (place != NULL)
        *place = row;
    return place != NULL;
}

// The tables have room for all, and nobody has touched them: that costs the same for any number.
static bool
begin(tn_snapshot *s, const struct tni_tracer *t)
{
    uint32_t stacks = (uint32_t)t->stacks.offsets.count, traces = (uint32_t)t->traces.count;
    free(s->rows);
    free(s->taking.stacks);
    s->count = 0;
    s->rows = tni_scratch_resize(NULL, (traces + (size_t)1) * sizeof *s->rows);
    s->room = s->rows != NULL ? traces + (size_t)1 : 0;
    s->taking = (struct tni_taking){
        .stacks = tni_scratch_resize(NULL, (stacks + (size_t)1) * sizeof *s->taking.stacks),
        .stack_count = stacks,
        .trace_count = traces,
        .epoch = t->epoch};
    return s->rows != NULL && s->taking.stacks != NULL;
}

tn_err
tn_snapshot_begin(tn_heap *heap, tn_snapshot **snapshot)
{
    const struct tni_tracer *t = &((struct tni_memory *)heap)->tracer;
    if (t->mode == TN_TRACE_OFF)
        return TN_EOFF;
    tn_snapshot *s = tni_snapshot_new();
    if (s == NULL || !begin(s, t)) {
        tn_snapshot_free(s);
        return TN_ENOMEM;
    }
    *snapshot = s;
    return TN_OK;
}

static bool
is_whole(const struct tni_taking *k)
{
    return k->stacks_copied == k->stack_count && k->traces_copied == k->trace_count;
}

static bool
copy_next(tn_snapshot *s, const struct tni_tracer *t)
{
    struct tni_taking *k = &s->taking;
    bool is_stack = k->stacks_copied < k->stack_count;
    if (is_stack) {
        uint32_t number = k->stacks_copied + 1;
        struct tni_traceback from = tni_stacks_at(&t->stacks, number);
        if (!copy_stack(s, &k->stacks[number], &from, t->frames))
            return false;
    } else if (!copy_trace(s, tni_tracer_at(t, k->traces_copied + 1))) {
        return false;
    }
    k->stacks_copied += is_stack;
    k->traces_copied += !is_stack;
    return true;
}

tn_err
tn_snapshot_step(tn_heap *heap, tn_snapshot *s, size_t most, bool *done)
{
    const struct tni_tracer *t = &((struct tni_memory *)heap)->tracer;
    *done = false;
    if (t->mode == TN_TRACE_OFF)
        return TN_EOFF;
    bool is_known = s->taking.epoch == t->epoch && s->rows != NULL && s->taking.stacks != NULL;
    if (!is_known && !begin(s, t))
        return TN_ENOMEM;
    for (; most > 0 && !is_whole(&s->taking); most--)
        if (!copy_next(s, t))
            return TN_ENOMEM;
    *done = is_whole(&s->taking);
    return TN_OK;
}

tn_err
tn_snapshot_take(tn_heap *heap, tn_snapshot **snapshot)
{
    bool done;
    tn_snapshot *s = NULL;
    tn_err err = tn_snapshot_begin(heap, &s);
    if (err == TN_OK)
        err = tn_snapshot_step(heap, s, SIZE_MAX, &done);
    if (err == TN_OK)
        *snapshot = s;
    else
        tn_snapshot_free(s);
    return err;
}

// --- Reading -------------------------------------------------------------------------------------

size_t
tn_snapshot_len(const tn_snapshot *s)
{
    return s->count;
}

// Without memory, or without debug information, the call site stays alone.
static void
complete(tn_snapshot *s, struct tni_symbols *symbols, struct tni_snapshot_stack *stack)
{
    size_t skipped;
    tn_site *frames = tni_arena_take(&s->arena, stack->limit * sizeof *frames);
    if (frames == NULL)
        return;
    frames[0] = stack->frames[0];
    stack->frames = frames;
    stack->frame_count +=
        tni_symbols_callers(symbols, &s->arena, stack->addresses, stack->address_count, frames + 1,
                            stack->limit - 1, &skipped);
    stack->total = stack->total > skipped ? stack->total - skipped + 1 : 1;
}

static void
complete_all(tn_snapshot *s)
{
    struct tni_symbols *symbols = tni_symbols_open();
    for (size_t i = 0; i < s->count; i++) {
        struct tni_snapshot_stack *stack = s->rows[i].stack;
        if (stack->addresses != NULL && symbols != NULL)
            complete(s, symbols, stack);
        stack->addresses = NULL;
    }
    tni_symbols_close(symbols);
}

bool
tn_snapshot_get(const tn_snapshot *s, size_t i, tn_snapshot_trace *trace)
{
    if (i >= s->count)
        return false;
    const struct tni_snapshot_row *row = &s->rows[i];
    if (row->stack->addresses != NULL)
        complete_all((tn_snapshot *)s); // what is read does not change by it
    *trace = (tn_snapshot_trace){
        row->domain,       row->type,  row->tag,   row->stack->frames, row->stack->frame_count,
        row->stack->total, row->bytes, row->count, row->made_bytes,    row->made_count};
    return true;
}

tn_err
tn_snapshot_set_note(tn_snapshot *s, const char *name, const char *text)
{
    struct tni_note *note = tni_arena_take(&s->arena, sizeof *note);
    if (note == NULL)
        return TN_ENOMEM;
    *note = (struct tni_note){s->notes, tni_arena_name(&s->arena, name),
                              tni_arena_name(&s->arena, text)};
    if (note->name == NULL || note->text == NULL)
        return TN_ENOMEM;
    s->notes = note;
    return TN_OK;
}

const char *
tn_snapshot_note(const tn_snapshot *s, const char *name)
{
    for (const struct tni_note *n = s->notes; n != NULL; n = n->next)
        if (strcmp(n->name, name) == 0)
            return n->text;
    return NULL;
}
