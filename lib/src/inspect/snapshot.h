// SPDX-License-Identifier: MIT
//
// snapshot: a copy of what a tracer knows.
//
// Everything stands in one arena, but for two tables. A traceback of addresses is turned into
// frames when somebody reads it first; until then [frames] has the call site alone.
#ifndef TNI_INSPECT_SNAPSHOT_H
#define TNI_INSPECT_SNAPSHOT_H

#include "inspect/arena.h"
#include "tenure/snapshot.h"

struct tni_snapshot_stack {
    const uintptr_t *addresses; // NULL: the frames are complete
    size_t address_count;
    size_t limit; // frames that were asked for
    tn_site *frames;
    size_t frame_count, total;
};

struct tni_snapshot_row {
    struct tni_snapshot_stack *stack;
    const char *domain, *type, *tag;
    size_t bytes, count, made_bytes, made_count;
};

struct tni_note {
    struct tni_note *next;
    const char *name, *text;
};

// How far the copying has come. What was there at the beginning is copied, the tracebacks first;
// neither tracebacks nor traces are ever numbered anew within an epoch.
struct tni_taking {
    struct tni_snapshot_stack *stacks; // by number; those beyond [stacks_copied] are not set
    uint32_t stack_count, stacks_copied;
    uint32_t trace_count, traces_copied;
    uint32_t epoch; // the tracer's
};

struct tn_snapshot {
    struct tni_arena arena;
    struct tni_snapshot_row *rows;
    size_t count, room;
    struct tni_note *notes;
    struct tni_taking taking;
};

tn_snapshot *tni_snapshot_new(void); /* new */
// One more row; its strings and frames are copied. False: out of memory.
bool tni_snapshot_append(tn_snapshot *s, const tn_snapshot_trace *trace);

#endif
