// SPDX-License-Identifier: MIT
//
// recording: what a file of records says.
//
// Names and tracebacks stand in RAM; objects and references come by, in the order of the file, as
// often as a pass asks for them. Of each object there is a row of 16 bytes, sorted by serial.
#ifndef TNI_INSPECT_RECORDING_H
#define TNI_INSPECT_RECORDING_H

#include "inspect/arena.h"
#include "inspect/records.h"
#include "inspect/symbol.h"
#include "tenure/dump.h"

struct tni_recorded_type {
    const char *name;
    const char **slots;
    const char **keys; // of dictionaries, by position; NULL where unknown
    size_t slot_count, key_count;
};

struct tni_recorded_stack {
    const tn_site *frames; // the innermost first
    size_t count, total;
};

struct tni_recorded_heap {
    const char *name;
    size_t roots; // objects that something outside of the file's objects holds
    size_t domains;
};

struct tni_row_of_object {
    uint64_t serial;
    uint32_t ordinal; // in the file
    uint32_t held;    // strong references to it in the file
};

// Items of one size that only become more.
struct tni_pile {
    void *items;
    size_t count, room;
};

struct tni_recording {
    struct tni_words words;
    struct tni_arena arena;
    struct tni_pile types;  // of struct tni_recorded_type, of all heaps
    struct tni_pile stacks; // of struct tni_recorded_stack
    struct tni_pile heaps;  // of struct tni_recorded_heap
    struct tni_pile rows;   // of struct tni_row_of_object
    tn_dump_counts counts;
    // While the file is read: which of them the numbers of the present heap mean.
    struct tni_pile type_numbers, stack_numbers; // of uint32_t: one more; 0: none
    size_t type_count, stack_count, heap_count;  // that were met so far
    struct tni_symbols *symbols;                 // while names are read
    bool complete;                               // each heap came to its end
};

struct tni_recorded_object {
    uint64_t serial, bytes, refs;
    const struct tni_recorded_type *type;
    const struct tni_recorded_stack *stack; // NULL: unknown
    unsigned age;                           // enum tni_age
    size_t heap, ordinal;
    bool is_text, is_number; // what the value is, if there is one
    const char *value;       // borrowed until the next record; ended by a NUL
    size_t value_len;
};

struct tni_recorded_edge {
    enum tni_edge_kind kind;
    uint64_t place;
    struct tni_row_of_object *to; // NULL: nobody that was written
};

// What a pass wants to know; what is NULL it does not. False stops the pass.
struct tni_pass {
    bool (*begin)(void *arg, const struct tni_recorded_object *o); // then its edges
    bool (*edge)(void *arg, const struct tni_recorded_object *o, const struct tni_recorded_edge *e);
    bool (*end)(void *arg, const struct tni_recorded_object *o);
    bool (*domain)(void *arg, size_t heap, const struct tni_recorded_type *t, uint64_t bytes);
};

// Everything about [in] that is not an object, and who is there. On an error there is nothing to
// close.
tn_err tni_recording_open(struct tni_recording *r, FILE *in);
void tni_recording_close(struct tni_recording *r);
// TN_EFILE: a function of the pass stopped it.
tn_err tni_recording_read(struct tni_recording *r, const struct tni_pass *pass, void *arg);

// Something outside of the file's objects holds it, as far as the file tells.
bool tni_is_recorded_root(const struct tni_recording *r, const struct tni_recorded_object *o);
// The name of a reference that has one, NULL otherwise.
const char *tni_recorded_name(const struct tni_recorded_object *o,
                              const struct tni_recorded_edge *e); /* borrowed */

static inline const struct tni_recorded_stack *
tni_recorded_stacks(const struct tni_recording *r)
{
    return r->stacks.items;
}

static inline struct tni_recorded_heap *
tni_recorded_heaps(const struct tni_recording *r)
{
    return r->heaps.items;
}

// The last item, new and zeroed. NULL: out of memory.
void *tni_pile_add(struct tni_pile *p, size_t size);
void tni_pile_drop(struct tni_pile *p);

#endif
