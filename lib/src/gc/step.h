// SPDX-License-Identifier: MIT
//
// step: a full collection in slices, between which anything may happen.
//
// The first half counts on counts that may be stale, without any barrier: what it takes for garbage
// is only a guess, W, which holds all that was garbage when the run began. The second half counts W
// again, and from its start whatever is logged or given by a weak reference is disturbed: it, and
// what it reaches, is live. When nothing is left to judge and nobody is disturbed, in one slice,
// the rest is garbage, and nobody can reach it any more. Then it dies, in slices too.
//
// Entries of a list are looked at only if their object is still stamped: an object that was freed
// lost its mark, and so did whatever took its place. Pages stay until the run has ended.
#ifndef TNI_GC_STEP_H
#define TNI_GC_STEP_H

#include "gc/generations.h"

// In the order in which a run goes through them.
#define TNI_PHASES(X)                                                                              \
    X(DRAIN, "what a drop budget put off is destroyed, so that nobody who is dead holds garbage")  \
    X(FORGET, "marks are cleared, where the run's two epochs would not fit")                       \
    X(PROMOTE, "what is there grows older")                                                        \
    X(TAKE, "suspects become roots")                                                               \
    X(REACH, "what they reach is counted")                                                         \
    X(RESCUE, "what is held from outside is live, with what it reaches")                           \
    X(SIFT, "the rest is W")                                                                       \
    X(COUNT, "references inside W are counted")                                                    \
    X(JUDGE, "what is held from outside, or disturbed, is live, with what it reaches")             \
    X(CULL, "what is live leaves W")                                                               \
    X(HOLD, "each member is held; its callbacks are queued")                                       \
    X(FINALIZE, "finalizers run; if none did, on to UNTRACK")                                      \
    X(ZERO, "what was counted and logged of the members is forgotten; back to COUNT")              \
    X(UNTRACK, "the members leave the planes; weak references are cleared")                        \
    X(CLEAR, "children are dropped")                                                               \
    X(RELEASE, "the members' memory is returned")                                                  \
    X(CALL, "callbacks run")                                                                       \
    X(TIDY, "empty pages go back to the system")

enum tni_phase {
    TNI_IDLE,
#define TNI_PHASE_NAME(name, meaning) TNI_PHASE_##name,
    TNI_PHASES(TNI_PHASE_NAME)
#undef TNI_PHASE_NAME
        TNI_PHASE_END
};

// References of one object that are followed, or dropped, at a time.
enum { TNI_CHUNK = 256 };

// A phase does a little work at a time; false: there is nothing left for it to do.
typedef bool tni_phase_fn(struct tni_gc *gc);

// Of slice_search.c, up to CULL; and of slice_finish.c.
tni_phase_fn tni_slice_drain, tni_slice_forget, tni_slice_promote, tni_slice_take, tni_slice_reach,
    tni_slice_rescue, tni_slice_sift, tni_slice_count, tni_slice_judge, tni_slice_cull;
tni_phase_fn tni_slice_hold, tni_slice_finalize, tni_slice_zero, tni_slice_untrack, tni_slice_clear,
    tni_slice_release, tni_slice_call, tni_slice_tidy;

// Ends a run: one that is committed is completed, any other leaves no trace.
void tni_gc_abandon(struct tni_gc *gc);

#endif
