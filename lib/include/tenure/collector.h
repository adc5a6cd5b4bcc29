// SPDX-License-Identifier: MIT
//
// collector: what refers to itself in circles is found here, all at once or in slices; who is
// collected when, who is spared, and who is told. Part of tenure.h, which includes it.
#ifndef TENURE_COLLECTOR_H
#define TENURE_COLLECTOR_H

#ifndef TENURE_TENURE_H
#error "include tenure/tenure.h, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// --- Collections -----------------------------------------------------------------------------

enum { TN_GENERATIONS = 3 };

// What one collection did. Sizes in bytes, times in nanoseconds.
typedef struct tn_gc_result {
    size_t collected;     // objects found unreachable and freed; and weak references whose
                          // callbacks let go of them
    size_t uncollectable; // found unreachable, still there after they were cleared
    size_t candidates;    // tracked, not frozen, of a generation that was collected
    size_t suspects;      // of them: those that the search started from
    size_t visited;       // references followed
    size_t bytes_freed;
    size_t slices;                               // 1 unless tn_gc_step did it
    uint64_t longest_ns;                         // of the slices
    bool complete;                               // false: a run of tn_gc_step goes on
    uint64_t ns, count_ns, rescue_ns, finish_ns; // in all, and per phase
} tn_gc_result;

// Cumulative, per generation asked for, as Python's gc.get_stats.
typedef struct tn_gc_stats {
    uint64_t collections, collected, uncollectable, candidates, ns;
    uint64_t last_ns, longest_ns;
} tn_gc_stats;

// Collects [generation] and the younger ones; survivors move to the next older one. Exact: every
// unreachable object of these generations is found. [result] may be NULL. Cost: what is reachable
// from the objects that lost a reference since they were last looked at, and at most all of these
// generations. TN_EINVAL: no such generation. TN_EBUSY: called from inside a collection, from a
// clear hook, or from a finalizer inside 50 others. TN_ENOMEM: no scratch memory; nothing was
// changed.
TN_API tn_err tn_gc_collect(tn_heap *heap, int generation, tn_gc_result *result);
// The same by looking at every object of these generations: what tn_gc_collect is tested against.
TN_API tn_err tn_gc_collect_exhaustive(tn_heap *heap, int generation, tn_gc_result *result);

// One slice of a full collection, of at most [budget_ns] but for one object's work; 0: as little as
// possible. Anything may be changed between two slices. When [result] says complete, all garbage
// that was there when the run began is gone, except what was reached again through a weak reference
// meanwhile; the figures are those of the whole run. A finalizer's own time is not bounded, and
// counts. While a run is in progress a collection of a younger generation answers TN_EBUSY and the
// automatic rule waits; an unbudgeted full collection, freezing and unfreezing abandon it, which
// leaves no trace, or complete it where it has begun to destroy. Errors: tn_gc_collect's; the run
// is abandoned then. Where memory lacks after finalizers ran, the run spares what it cannot judge.
TN_API tn_err tn_gc_step(tn_heap *heap, uint64_t budget_ns, tn_gc_result *result);
TN_API bool tn_gc_in_progress(const tn_heap *heap);
TN_API void tn_gc_abandon(tn_heap *heap); // nothing where none is in progress

// Sets all tracked objects aside: collections neither visit nor free them until tn_gc_unfreeze puts
// them into generation 2. They still die when their count reaches zero. With [collect_first],
// garbage is not frozen. Writes to planes only, never to an object. Errors: tn_gc_collect's.
TN_API tn_err tn_gc_freeze(tn_heap *heap, bool collect_first);
TN_API void tn_gc_unfreeze(tn_heap *heap); // not from inside a collection
// One frozen object back into generation 2. Nothing for one that is not frozen. O(1).
TN_API void tn_gc_thaw(tn_object *o);

// A counted root: [o] has one more reference until the unpin that matches. TN_ELIMIT: 65 535 pins.
TN_API tn_err tn_pin(tn_object *o);
TN_API void tn_unpin(tn_object *o);

TN_API bool tn_gc_is_tracked(const tn_object *o);
// Its finalizer ran.
TN_API bool tn_gc_is_finalized(const tn_object *o);
TN_API bool tn_gc_is_frozen(const tn_object *o);
// 0 to 2; 2 for what is frozen or not tracked.
TN_API int tn_gc_generation(const tn_object *o);

// Live tracked objects per generation, and the frozen ones. O(1).
typedef struct tn_gc_population {
    size_t generation[TN_GENERATIONS];
    size_t frozen;
    size_t frozen_bytes; // of the objects' own blocks
} tn_gc_population;

TN_API void tn_gc_get_population(const tn_heap *heap, tn_gc_population *population);
// How many objects the next full collection starts from: those that lost a reference, or were
// moved, since they were last looked at, frozen ones included. O(1).
TN_API size_t tn_gc_suspect_count(const tn_heap *heap);
TN_API void tn_gc_get_stats(const tn_heap *heap, tn_gc_stats stats[TN_GENERATIONS]);

// --- Collections by themselves ---------------------------------------------------------------

// Off in a fresh heap. When on, making a tracked object first collects if the trigger counter of
// generation 0 is above its threshold (and that is not 0), or if the bytes in use have grown by
// more than the byte threshold (and that is not 0) since the last collection or change of settings.
// The oldest generation whose counter is above its threshold is collected; generation 2 only if the
// survivors of generation 1 since the last full collection are a quarter of those of that
// collection. Explicit collections work in any case.
//
// A setter fails with TN_ELOCKED while somebody else has locked the settings. [key] is 0 without a
// lock.
typedef uint64_t tn_gc_key;

typedef struct tn_gc_settings {
    bool enabled;
    size_t thresholds[TN_GENERATIONS]; // 700, 10, 10
    size_t byte_threshold;             // 0: none
} tn_gc_settings;

TN_API void tn_gc_get_settings(const tn_heap *heap, tn_gc_settings *settings);
TN_API tn_err tn_gc_set_settings(tn_heap *heap, const tn_gc_settings *settings, tn_gc_key key);
TN_API tn_err tn_gc_enable(tn_heap *heap, tn_gc_key key);
TN_API tn_err tn_gc_disable(tn_heap *heap, tn_gc_key key);

// Nobody without [key] may change the settings from here on. [who] is copied, at most 63 bytes.
// TN_ELOCKED: somebody has them already; [tn_gc_settings_holder] says who.
TN_API tn_err tn_gc_lock_settings(tn_heap *heap, const char *who, tn_gc_key *key);
TN_API tn_err tn_gc_unlock_settings(tn_heap *heap, tn_gc_key key);
TN_API const char *tn_gc_settings_holder(const tn_heap *heap); /* borrowed */ // NULL: not locked

// Called at the start and at the end of every collection, in the order in which they were added. A
// collection that one of them asks for answers TN_EBUSY. At the start only [generation] is set. One
// may add and remove callbacks, itself too; what was added is told from then on.
typedef enum tn_gc_phase { TN_GC_START, TN_GC_STOP } tn_gc_phase;
typedef struct tn_gc_info {
    int generation;
    size_t collected, uncollectable, candidates;
    uint64_t ns; // without the callbacks
} tn_gc_info;
typedef void tn_gc_callback(tn_gc_phase phase, const tn_gc_info *info, void *arg);
TN_API tn_err tn_gc_add_callback(tn_heap *heap, tn_gc_callback *callback, void *arg);
// The first that was added with these two. TN_EKEY: there is none.
TN_API tn_err tn_gc_remove_callback(tn_heap *heap, tn_gc_callback *callback, void *arg);

// --- Looking for leaks -----------------------------------------------------------------------

// As Python's gc.set_debug. Sentences go to the heap's report function.
enum tn_gc_debug_flags {
    TN_GC_DEBUG_STATS = 1,         // what each collection begins with, and what it found
    TN_GC_DEBUG_COLLECTABLE = 2,   // each object that is found unreachable
    TN_GC_DEBUG_UNCOLLECTABLE = 4, // each that is still there after it was cleared; it is listed
    TN_GC_DEBUG_SAVE_ALL = 32,     // what is found is listed, instead of being destroyed
    TN_GC_DEBUG_LEAK = TN_GC_DEBUG_COLLECTABLE | TN_GC_DEBUG_UNCOLLECTABLE | TN_GC_DEBUG_SAVE_ALL,
};

TN_API void tn_gc_set_debug(tn_heap *heap, unsigned flags);
TN_API unsigned tn_gc_get_debug(const tn_heap *heap);

// The garbage list: objects that were found unreachable, and are kept alive by it. What
// TN_GC_DEBUG_SAVE_ALL puts there counts as collected; its finalizers and callbacks ran. Where the
// list cannot grow, the object counts as uncollectable instead.
TN_API size_t tn_gc_garbage_len(const tn_heap *heap);
TN_API tn_object *tn_gc_garbage_borrow(const tn_heap *heap, size_t i); /* borrowed */
TN_API tn_object *tn_gc_garbage_take(tn_heap *heap); /* new */         // NULL: empty
TN_API void tn_gc_garbage_clear(tn_heap *heap);

// The trigger counters, as Python's gc.get_count: net allocations since the last collection of
// generation 0, then collections of each generation since the last of the next older one.
TN_API void tn_gc_get_count(const tn_heap *heap, size_t count[TN_GENERATIONS]);

#ifdef __cplusplus
}
#endif
#endif
