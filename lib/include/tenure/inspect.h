// SPDX-License-Identifier: MIT
//
// Questions about a heap: how many bytes, held by what, and is everything as it should be.
//
// A block counts with the size that it occupies, its rounding to a size class included, so the sum
// over all objects of [tn_sizeof] and over all domains of their buffers is [current], to the byte.
#ifndef TENURE_INSPECT_H
#define TENURE_INSPECT_H

#include "tenure/tenure.h"
#include "tenure/dump.h"
#include "tenure/profile.h"
#include "tenure/snapshot.h"
#include "tenure/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_memory {
    size_t current;  // bytes of live objects and buffers
    size_t peak;     // the highest value of [current] since the start or the last reset
    size_t reserved; // bytes taken from the system for them: whole pages, and large buffers
    size_t overhead; // bytes of planes, page headers, call sites, tables, scratch
} tn_memory;

TN_API void tn_memory_get(const tn_heap *heap, tn_memory *memory); // O(1)
TN_API void tn_memory_reset_peak(tn_heap *heap);

typedef struct tn_usage {
    const char *name; // of the type or domain; borrowed
    size_t objects;   // live instances
    size_t bytes;     // of the instances and of all buffers on the type's account
} tn_usage;

// The usage of every type and domain that has any, in the order of registration; fills at most
// [max] rows and returns how many there are. O(types).
TN_API size_t tn_usage_get(const tn_heap *heap, tn_usage *rows, size_t max);

// The same bytes by domain: "objects", "buffers", which are theirs, and each domain that has any,
// in the order of registration; together they are [current]. How many blocks are not objects nobody
// counts: 0. Fills at most [max] rows and returns how many there are. O(pages).
TN_API size_t tn_domains_get(const tn_heap *heap, tn_usage *rows, size_t max);

// Bytes of [o]'s own block and own buffers, nothing else. No side effect. O(1).
TN_API size_t tn_sizeof(const tn_object *o);

// What can be reached from an object, itself included; each object counts once, whatever leads to
// it, and circles end. Weak references lead nowhere.
typedef struct tn_deep_size {
    size_t objects, bytes;                     // all of it
    size_t exclusive_objects, exclusive_bytes; // that would die with the object
    size_t shared_objects, shared_bytes;       // that somebody else keeps alive: the rest
} tn_deep_size;

// Nothing is made or changed. O(what is reached), with 24 to 56 bytes of scratch for each object of
// it. TN_ENOMEM.
TN_API tn_err tn_sizeof_deep(const tn_object *o, tn_deep_size *size);
// The same of at most [most] objects, those that are nearest. Where that is not [all], what is left
// out counts as somebody else: so each figure is at most what it would be, but for the shared ones.
TN_API tn_err tn_sizeof_deep_most(const tn_object *o, size_t most, tn_deep_size *size, bool *all);
// The same by type, in the order of registration. Fills at most [max] rows; [count] is how many
// there are. TN_ENOMEM.
TN_API tn_err tn_sizeof_deep_by_type(const tn_object *o, tn_usage *rows, size_t max, size_t *count);

// --- Who is there, and who refers to whom ------------------------------------------------------

// A list of the tracked objects of a generation, or of all three; not itself, what is frozen, or
// what is being destroyed. Costs a walk of the heap, and the collector will look at all of them
// when the list is dropped. TN_EINVAL: no such generation. TN_ENOMEM.
enum { TN_ALL_GENERATIONS = -1 };
TN_API tn_err tn_objects_get(tn_heap *heap, int generation, tn_object **list /* new */);

// Calls [fn] for each tracked object, frozen ones too, until it returns false. It may change
// anything; what is made meanwhile may be left out. No collection runs: one that [fn] asks for
// answers TN_EBUSY.
TN_API void tn_objects_visit(tn_heap *heap, bool (*fn)(tn_object *o /* borrowed */, void *arg),
                             void *arg);

// What the objects refer to, once for each reference. Fills at most [max] rows and returns how many
// there are.
TN_API size_t tn_referents_get(tn_object *const *objects, size_t count,
                               tn_object **children /* borrowed */, size_t max);

// One reference, and where its holder has it: ".name" of an attribute, in a slot or an instance's
// dictionary, "[3]" of a list or tuple, "[\"key\"]" or "(key)" of a dict, "(native)" in a type's
// own bytes, and for the dict that an instance has for more names than its type keeps.
typedef struct tn_reference {
    tn_object *holder; // borrowed
    bool frozen;       // the holder is
    char place[47];    // cut off where it is longer
} tn_reference;

typedef struct tn_field {
    tn_value value; // borrowed
    char place[47]; // as above
} tn_field;

// What [o] holds: the values that are set, in order, then those in its dictionary, in the order in
// which they were set, then the objects in its own bytes. Fills at most [max] rows from number
// [from] on and returns how many there are.
TN_API size_t tn_fields_get(const tn_object *o, size_t from, tn_field *rows, size_t max);

// Every reference to one of the objects, whether its holder is tracked, frozen or neither; not
// those of what is being destroyed. Fills at most [max] rows and returns how many there are. Walks
// the whole heap.
TN_API size_t tn_referrers_get(tn_object *const *objects, size_t count, tn_reference *rows,
                               size_t max);

// The shortest way on which [o] is kept alive: a root, which something outside of the heap's
// objects refers to, and where it has the next one, and so on to [o] itself, whose place is empty.
// [own] references to [o] are the caller's and do not count. Fills at most [max] rows; [length] 0:
// nothing keeps it. Walks the whole heap, with 24 bytes an object. TN_ENOMEM.
TN_API tn_err tn_path_get(const tn_object *o, uint32_t own, tn_reference *rows, size_t max,
                          size_t *length);

// The number that [o] is known by outside of the process: odd, at least 65 537, no address, and
// never another object's, of this heap or another one. Whoever asks first gives it; it costs 8
// bytes a slot of the page that the object stands in, until the page goes. 0: out of memory.
TN_API uint64_t tn_serial(const tn_object *o);
// The object that has [serial], as a weak reference would give it; NULL: there is none, or none any
// more. O(pages).
TN_API tn_object *tn_serial_find(const tn_heap *heap, uint64_t serial); /* new */
// Whether an object of this process has it or had it once.
TN_API bool tn_serial_was_given(uint64_t serial);

// --- In slices -----------------------------------------------------------------------------------

// Walks over a heap that pause, for programs that cannot be without it for so long. The heap may
// change between two steps, collections included: what is made meanwhile may be left out, and what
// is told was true when it was looked at. A heap has one of these walks at a time, or a dump:
// TN_EBUSY. No step takes longer than [budget_ns] by more than 32 objects' work.

// Every object, tracked, frozen or neither. [fn] must make and drop nothing; false from it ends the
// walk.
typedef struct tn_walk tn_walk;
TN_API tn_err tn_walk_new(tn_heap *heap, tn_walk **walk /* new: tn_walk_free */);
// False: it is over.
TN_API bool tn_walk_step(tn_walk *walk, uint64_t budget_ns,
                         bool (*fn)(tn_object *o /* borrowed */, void *arg), void *arg);
TN_API void tn_walk_free(tn_walk *walk /* stolen */); // before its heap

// Who refers to an object, who refers to those, and so on: level by level, each once, at most
// [levels] levels and [max] objects, the object itself included. With more than one level it ends
// at the level that has a root. Each level walks the heap once, with about 110 bytes a holder.
// TN_EINVAL: [levels] or [max] is 0, or [max] above TN_HOLDERS_MOST. TN_EBUSY, TN_ENOMEM.
enum { TN_HOLDERS_MOST = 65536 };
typedef struct tn_holders tn_holders;
TN_API tn_err tn_holders_new(const tn_object *o, size_t levels, size_t max,
                             tn_holders **holders /* new: tn_holders_free */);
TN_API bool tn_holders_step(tn_holders *holders, uint64_t budget_ns); // false: it is over
TN_API void tn_holders_free(tn_holders *holders /* stolen */);        // before its heap

typedef struct tn_holder {
    uint64_t serial;
    const char *type;    // borrowed from the heap
    const tn_site *site; // where it was made; NULL: unknown; borrowed
    uint32_t references; // to it
    uint32_t inside;     // of them: those that objects have; only of a level that was walked for
    uint32_t next;       // the number of the one that it refers to
    bool frozen;
    char place[47]; // where it refers to that one, as in tn_reference
} tn_holder;

// The object itself is number 0, and those behind it come in the order of their levels. Fills at
// most [max] rows and returns how many there are.
TN_API size_t tn_holders_get(const tn_holders *holders, tn_holder *rows, size_t max);
// A root, which something outside of the heap's objects refers to, whoever it refers to, and so on
// to the object itself, on a shortest way; 0: none was found. An object that got a reference while
// its level was being walked for may be taken for a root.
TN_API size_t tn_holders_path(const tn_holders *holders, tn_holder *rows, size_t max);
// False: there were more than [max], or no memory for all.
TN_API bool tn_holders_are_all(const tn_holders *holders);

// --- By type, and how it grows -----------------------------------------------------------------

// What each type has now. To be freed before its heap. NULL: out of memory. O(types).
typedef struct tn_census tn_census;
TN_API tn_census *tn_census_new(tn_heap *heap); /* new: tn_census_free */
TN_API void tn_census_free(tn_census *census /* stolen */);

typedef struct tn_census_row {
    const char *name; // borrowed
    size_t objects, bytes;
    int64_t more_objects, more_bytes; // than before
} tn_census_row;

// The rows of [census] compared with an older one, or with nothing when that is NULL; what grew by
// the most bytes comes first. Fills at most [max] rows and returns how many there are.
TN_API size_t tn_census_get(const tn_census *census, const tn_census *before, tn_census_row *rows,
                            size_t max);

// What tn_gc_collect would find now, without freeing, moving or finalizing any of it: [collected]
// objects, and [bytes_freed] of their own, to which comes whatever else only they hold. Callbacks
// are not told and no statistics are kept. Like a collection it destroys what a drop budget put
// off, and gives up a run in progress. Cost and errors: tn_gc_collect's.
TN_API tn_err tn_gc_preview(tn_heap *heap, int generation, tn_gc_result *result);

// Recounts every reference and verifies every invariant by brute force. True when all hold;
// otherwise reports the first that does not, with type and address. Walks the whole heap.
TN_API bool tn_heap_check(tn_heap *heap);

#ifdef __cplusplus
}
#endif
#endif
