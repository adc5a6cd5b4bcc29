// SPDX-License-Identifier: MIT
//
// generations: the collector's state, its statistics, and moving whole generations by their planes.
//
// The true counts are never altered, so a collection that has to give up leaves nothing behind but
// stale marks (marks.h).
#ifndef TNI_GC_GENERATIONS_H
#define TNI_GC_GENERATIONS_H

#include "object/objects.h"

enum {
    TNI_LAST_EPOCH = 255,
};

// Objects that a pass has to remember. Kept between collections.
struct tni_stack {
    tn_object **items;
    size_t len, room;
};

// A full collection in slices: what it is at, and what it will answer. The phases are in step.h.
struct tni_run {
    unsigned phase;        // 0: no run
    unsigned plane;        // that its suspects are taken from; empty until the planes are flipped
    bool rechecking;       // its finalizers ran; the members are held once
    bool committed;        // it can only be completed, not abandoned
    bool spares_all;       // memory lacked: everything judged is live
    struct tni_page *page; // the phase's place, in one of three forms
    size_t at, kept;
    tn_object *busy; // taken from the stack
    size_t span;     // references of the object in that place that were followed already
    size_t roots;    // so many of [visited] were suspects
    struct tni_called called;
    size_t bytes_before;
    tn_gc_result result;
};

struct tni_observer {
    tn_gc_callback *callback;
    void *arg;
};

struct tni_gc {
    struct tni_objects objects; // first: see TNI_CAST_UP
    tn_gc_stats stats[TN_GENERATIONS];
    size_t collections[TN_GENERATIONS]; // [g]: of g since the last of g + 1; [2] is unused
    uint32_t epoch;                     // 1 to TNI_LAST_EPOCH while marks are in use
    bool collecting;
    // The suspects of a run, what they reach, what still has to be followed, and what is garbage.
    struct tni_stack roots, visited, stack, garbage;
    struct tni_run run;
    // Collections by themselves: automatic.c.
    tn_gc_settings settings;
    size_t long_lived, pending; // survivors of the last full collection; of generation 1 since
    // Who may change the settings: settings.c.
    char holder[64];
    tn_gc_key key; // 0: not locked
    // Who is told of collections: observers.c.
    struct tni_observer *observers;
    size_t observer_count, observer_room;
    // For those who look for leaks: debug.c.
    unsigned debug;         // of tn_gc_debug_flags
    struct tni_stack saved; // the garbage list, a reference each
};

// How a collection finds its garbage; see exhaustive.h.
typedef bool tni_search(struct tni_gc *gc, int generation, tn_gc_result *result);

void tni_gc_fini(struct tni_gc *gc);

// A value for the marks that no object has.
uint32_t tni_gc_next_epoch(struct tni_gc *gc);
// The next [count] values come without marks being cleared in between.
void tni_gc_claim_epochs(struct tni_gc *gc, unsigned count);

// What is still marked on [page] is marked no longer.
void tni_gc_clear_marks(struct tni_page *page);
// One page's part of a promotion to generation 2.
void tni_gc_promote_page(struct tni_gc *gc, struct tni_page *page);
// Survivors of a collection of [generation] grow older, by planes; what is made later is not
// touched.
void tni_gc_promote(struct tni_gc *gc, int generation);
void tni_gc_reset_counts(struct tni_gc *gc, int generation);
// Enters a completed collection into the statistics.
void tni_gc_record(struct tni_gc *gc, int generation, const tn_gc_result *result);

bool tni_stack_reserve(struct tni_gc *gc, struct tni_stack *stack, size_t room); // likewise
bool tni_stack_push(struct tni_gc *gc, struct tni_stack *stack, tn_object *o);   // false: no memory

static inline struct tni_gc *
tni_gc_of(const tn_object *o)
{
    return TNI_CAST_UP(struct tni_gc, tni_objects_of(o));
}

// Calls [fn] for each candidate of [generation], page by page in the order of addresses; stops when
// it returns false, and returns what it returned last.
static inline __attribute__((always_inline)) bool
tni_gc_each(struct tni_gc *gc, int generation, bool (*fn)(tn_object *o, void *arg), void *arg)
{
    const struct tni_pages *pages = &gc->objects.memory.pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next_objects(pages, p)) != NULL;) {
        if (generation < 2 && !p->young)
            continue;
        for (unsigned i = 0; i < tni_page_word_count(p); i++) {
            uint64_t left = tni_row_candidates(tni_page_row(p, i), generation);
            for (; left != 0; left &= left - 1) {
                unsigned slot = i * TNI_ROW_SLOTS + (unsigned)__builtin_ctzll(left);
                if (!fn(tni_slot_at(p, slot), arg))
                    return false;
            }
        }
    }
    return true;
}

#endif
