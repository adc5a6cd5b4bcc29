// SPDX-License-Identifier: MIT
//
// tenure: a reference-counted heap for C, with a generational cycle collector and weak references.
//
// Ownership. Three words stand behind every pointer and value in these headers:
//
//   new       the caller owns a reference and must give it back with tn_decref
//   borrowed  valid while something that the caller holds keeps it alive
//   stolen    the callee takes the caller's reference, also when it fails
//
// Arguments are borrowed unless the function's name ends in _steal.
//
// Errors. A function that can fail returns a tn_err and gives its result through the last
// parameter; a constructor that can only run out of memory returns NULL.
//
// Threads. A heap has no lock: whoever calls owns it for the duration of the call. Two heaps never
// meet, so each thread may have its own. [tn_heap_adopt] lets a debug build check this.
#ifndef TENURE_TENURE_H
#define TENURE_TENURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TN_VERSION "0.1.0"
#define TN_API     __attribute__((visibility("default")))
// What the inline functions call is private, and exported under a name of the library's all the
// same.
#define TN_PRIVATE(name) __asm__("tn_private_" #name)

// --- Errors ----------------------------------------------------------------------------------

// One row an error: its name and what it means.
#define TN_ERRORS(X)                                                                               \
    X(TN_OK, "no error")                                                                           \
    X(TN_ENOMEM, "out of memory; nothing was changed")                                             \
    X(TN_EINVAL, "an argument is outside of what the function accepts")                            \
    X(TN_ETYPE, "the object has a type that does not support this")                                \
    X(TN_EKEY, "no such key")                                                                      \
    X(TN_EINDEX, "the index is outside of the sequence")                                           \
    X(TN_ELIMIT, "a fixed limit of the heap is reached")                                           \
    X(TN_EBUSY, "a collection is running")                                                         \
    X(TN_ELOCKED, "the collector's settings are locked by somebody else")                          \
    X(TN_EATTRIBUTE, "the object has no such attribute, or not for this; tn_last_message")         \
    X(TN_ECHANGED, "the container was changed while it was iterated")                              \
    X(TN_EOFF, "nobody traces this heap")                                                          \
    X(TN_EFILE, "the file cannot be read or written; errno says why")

typedef enum tn_err {
#define TN_ERROR_NAME(name, meaning) name,
    TN_ERRORS(TN_ERROR_NAME)
#undef TN_ERROR_NAME
} tn_err;

// The meaning of [err] as a sentence without a full stop. Borrowed, static.
TN_API const char *tn_strerror(tn_err err); /* borrowed */

// --- Call sites ------------------------------------------------------------------------------

// Where a constructor was called. Constructors are macros that pass the address of one static
// record per call; debug and sanitizer builds keep it beside each object.
typedef struct tn_site {
    const char *file;
    int line;
    const char *function;
} tn_site;

#define TN_SITE()                                                                                  \
    (__extension__({                                                                               \
        static const tn_site tn_site_ = {__FILE__, __LINE__, __func__};                            \
        &tn_site_;                                                                                 \
    }))

// --- Values ----------------------------------------------------------------------------------

typedef struct tn_heap tn_heap;
typedef struct tn_type tn_type;
typedef struct tn_object tn_object;

// One word: an object, an integer of 61 bits, a boolean, none, or absent. The integers, booleans
// and none cost no heap. Absent is what an unset slot or a missing key gives; it cannot be stored
// in a container. The bits are private.
typedef struct tn_value {
    uint64_t bits;
} tn_value;

#define TN_INT_MAX ((INT64_C(1) << 60) - 1)
#define TN_INT_MIN (-(INT64_C(1) << 60))

enum tni_tag { TNI_TAG_OBJECT = 0, TNI_TAG_INT = 1, TNI_TAG_SPECIAL = 2, TNI_TAG_MASK = 7 };

static inline tn_value
tni_value(uint64_t bits)
{
    tn_value v = {bits};
    return v;
}

#define TN_ABSENT tni_value(0)
#define TN_NONE   tni_value(TNI_TAG_SPECIAL)
#define TN_FALSE  tni_value(TNI_TAG_SPECIAL | 8)
#define TN_TRUE   tni_value(TNI_TAG_SPECIAL | 16)

static inline tn_value
tn_bool(bool b)
{
    return b ? TN_TRUE : TN_FALSE;
}

// [i] must lie between TN_INT_MIN and TN_INT_MAX; the bits above are lost otherwise.
static inline tn_value
tn_int(int64_t i)
{
    return tni_value((uint64_t)i << 3 | TNI_TAG_INT);
}

// The value that refers to [o]; absent for NULL. Takes no reference.
static inline tn_value
tn_ref(const tn_object *o)
{
    return tni_value((uint64_t)(uintptr_t)o);
}

static inline bool
tn_is_absent(tn_value v)
{
    return v.bits == 0;
}

static inline bool
tn_is_object(tn_value v)
{
    return v.bits != 0 && (v.bits & TNI_TAG_MASK) == TNI_TAG_OBJECT;
}

static inline bool
tn_is_int(tn_value v)
{
    return (v.bits & TNI_TAG_MASK) == TNI_TAG_INT;
}

// Identity: the same object, or the same integer, boolean or none.
static inline bool
tn_is(tn_value a, tn_value b)
{
    return a.bits == b.bits;
}

static inline int64_t
tn_as_int(tn_value v)
{
    return (int64_t)v.bits >> 3;
}

// NULL when [v] is not an object.
static inline tn_object * /* borrowed */
tn_as_object(tn_value v)
{
    return tn_is_object(v) ? (tn_object *)(uintptr_t)v.bits : NULL;
}

// --- Objects and references ------------------------------------------------------------------

// The header of every object: 16 bytes. Private; it stands here because counting is inline.
struct tn_object {
    uint32_t refs;  // true count; TNI_IMMORTAL and above never change and never free
    uint32_t mark;  // the collector's: epoch in the high byte, references from inside in the rest;
                    // a str, which is never looked at, keeps its hash there
    uint32_t type;  // index in the heap's table of types
    uint32_t flags; // see object/object.h
};

enum { TNI_IMMORTAL = 0x40000000, TNI_SEGMENT_SIZE = 1 << 22 };

TN_API void tni_reap(tn_object *o) TN_PRIVATE(reap);
TN_API void tni_log(tn_object *o) TN_PRIVATE(log);
TN_API void tni_log_moved(tn_object *o, const tn_object *holder) TN_PRIVATE(log_moved);
TN_API void tni_saturate(tn_object *o) TN_PRIVATE(saturate);
TN_API void tni_check_store(const tn_object *holder, tn_value v) TN_PRIVATE(check_store);
TN_API void tni_check_reference(const tn_object *o) TN_PRIVATE(check_reference);
TN_API void tni_check_access(const tn_object *o) TN_PRIVATE(check_access);

// Programs that are compiled with TN_CHECKS have every use of a reference checked.
#if defined(TN_CHECKS) && TN_CHECKS > 0
#define TNI_CHECK(check, o) tni_check_##check(o)
#else
#define TNI_CHECK(check, o) ((void)0)
#endif

// What the object holds: its slots, then the type's own bytes.
static inline void * /* borrowed */
tn_payload(const tn_object *o)
{
    return (void *)(o + 1);
}

// The number of counted references to [o]. Python's sys.getrefcount shows one more, for its
// argument.
static inline uint32_t
tn_refcount(const tn_object *o)
{
    return o->refs;
}

// Takes one more reference and returns [o]. At 2^30 references the object becomes immortal, which
// is reported once.
static inline tn_object * /* new */
tn_incref(tn_object *o)
{
    TNI_CHECK(reference, o);
    if (__builtin_expect(o->refs >= TNI_IMMORTAL - 1, 0))
        tni_saturate(o);
    else
        o->refs++;
    return o;
}

// Whether the collector wants to know that [o] lost a reference: at most once between two
// collections, and never of an object that it does not track. The flags that say no stand at the
// start of the object's segment, which is aligned to its size.
static inline bool
tni_is_quiet(const tn_object *o)
{
    const uint32_t *quiet = (const uint32_t *)((uintptr_t)o & ~(uintptr_t)(TNI_SEGMENT_SIZE - 1));
    return (o->flags & *quiet) != 0;
}

// Gives a reference back; NULL is allowed. The last one destroys the object before the call
// returns, and whatever only it kept alive, in steps that never recurse; tn_set_drop_budget puts
// some of that off. Order: lib/docs/objects.md.
static inline void
tn_decref(tn_object *o /* stolen */)
{
    if (o == NULL)
        return;
    TNI_CHECK(reference, o);
    if (__builtin_expect(o->refs >= TNI_IMMORTAL, 0))
        return;
    if (--o->refs == 0)
        tni_reap(o);
    else if (__builtin_expect(!tni_is_quiet(o), 0))
        tni_log(o);
}

// Gives back a reference that was taken since the last collection and was never stored: the
// object's situation is what it was, so the collector need not look at it. Reads use it.
static inline void
tn_decref_unchanged(tn_object *o /* stolen */)
{
    if (o == NULL)
        return;
    TNI_CHECK(reference, o);
    if (__builtin_expect(o->refs < TNI_IMMORTAL, 1) && --o->refs == 0)
        tni_reap(o);
}

static inline tn_value /* new */
tn_incref_value(tn_value v)
{
    if (tn_is_object(v))
        tn_incref(tn_as_object(v));
    return v;
}

static inline void
tn_decref_value(tn_value v /* stolen */)
{
    tn_decref(tn_as_object(v));
}

// Empties [slot], a tn_object * variable, before the reference is dropped: what runs when the
// object dies may look at the slot.
#define TN_CLEAR(slot)                                                                             \
    do {                                                                                           \
        tn_object *tn_cleared_ = (slot);                                                           \
        (slot) = NULL;                                                                             \
        tn_decref(tn_cleared_);                                                                    \
    } while (0)

// --- Instances (their types: types.h) --------------------------------------------------------

// A new instance with every slot absent and every native byte zero. NULL: out of memory.
#define tn_new(heap, type) tn_new_at(heap, type, TN_SITE())
TN_API tn_object *tn_new_at(tn_heap *heap, tn_type *type, const tn_site *site); /* new */

// Slot [i] of an instance of a type with slots: its i-th name. No check in a release build.
static inline tn_value /* borrowed */
tn_slot_borrow(const tn_object *o, size_t i)
{
    TNI_CHECK(access, o);
    return ((const tn_value *)tn_payload(o))[i];
}

static inline tn_value /* new */
tn_slot_get(const tn_object *o, size_t i)
{
    return tn_incref_value(tn_slot_borrow(o, i));
}

// To be called by a type's own code after it moved a counted reference to [o] into an object's
// native bytes, or made its traverse report one that it did not report before. NULL is allowed.
static inline void
tn_gc_touch(tn_object *o)
{
    if (o != NULL && !tni_is_quiet(o))
        tni_log_moved(o, NULL);
}

static inline void
tni_slot_store(tn_object *o, size_t i, tn_value v)
{
#if defined(TN_CHECKS) && TN_CHECKS > 0
    tni_check_access(o);
    tni_check_store(o, v);
#endif
    tn_value *slot = (tn_value *)tn_payload(o) + i;
    tn_value former = *slot;
    *slot = v;
    tn_decref_value(former);
}

// Stores [v]; the former value is dropped last.
static inline void
tn_slot_set(tn_object *o, size_t i, tn_value v)
{
    tni_slot_store(o, i, tn_incref_value(v));
}

// The same with the caller's reference. That a reference from outside became one from inside is
// something that no count shows, so the collector is told.
static inline void
tn_slot_set_steal(tn_object *o, size_t i, tn_value v /* stolen */)
{
    tn_object *stolen = tn_as_object(v);
    if (stolen != NULL && !tni_is_quiet(stolen))
        tni_log_moved(stolen, o);
    tni_slot_store(o, i, v);
}

// --- Buffers ---------------------------------------------------------------------------------

// Memory without a header, for what varies in size: a type's own native bytes, or a table outside
// of the heap whose bytes should be counted with it. [owner] is the type or domain that pays; the
// sizes given back must be the ones asked for. Contents start undefined. NULL: out of memory.
#define tn_buffer_alloc(heap, owner, size) tn_buffer_alloc_at(heap, owner, size, TN_SITE())
TN_API void *tn_buffer_alloc_at(tn_heap *heap, tn_type *owner, size_t size,
                                const tn_site *site); /* new */
// On failure NULL, and [buffer] stays as it is.
#define tn_buffer_resize(heap, owner, buffer, size, new_size)                                      \
    tn_buffer_resize_at(heap, owner, buffer, size, new_size, TN_SITE())
TN_API void *tn_buffer_resize_at(tn_heap *heap, tn_type *owner,
                                 void *buffer /* stolen on success */, size_t size, size_t new_size,
                                 const tn_site *site); /* new */
TN_API void tn_buffer_free(tn_heap *heap, tn_type *owner, void *buffer /* stolen */, size_t size);
// What a buffer of [size] really occupies: the next size class. For size_of hooks. Bytes.
TN_API size_t tn_buffer_occupies(size_t size);

// --- Heaps -----------------------------------------------------------------------------------

typedef struct tn_heap_options {
    uint64_t hash_seed; // of the strings' hash; 0 takes 16 random bytes from the system
    // Receives sentences about what nobody called for: saturated counts, leaks, misuse. NULL:
    // stderr.
    void (*report)(void *arg, const char *sentence /* borrowed */);
    void *report_arg;
} tn_heap_options;

// [options] may be NULL. NULL: out of memory.
TN_API tn_heap *tn_heap_new(const tn_heap_options *options); /* new: tn_heap_free */

// At most [objects] are destroyed by one drop of a reference: by a tn_decref and whatever it leads
// to. Weak references and weak maps forget the rest at once, but its memory is returned, and what
// it holds dropped, by and by: 2 objects and one more for each 64 bytes whenever an object is made,
// and all of it before a collection, in the first slices of one, before freezing, in tn_heap_free,
// and down to 8 MiB where the blocks that wait are more. A list, tuple or dict with more items is
// dropped in parts, from the end. What has a finalizer, or a weak reference that calls back, never
// waits once its count is zero, even if more than [objects] die. 0, as in a fresh heap: all at
// once; also what waits.
TN_API void tn_set_drop_budget(tn_heap *heap, size_t objects);

// Destroys what a drop budget put off, completes a collection in slices that has begun to destroy,
// calls the finalizers of weak.h that are left, and lets the garbage list go. Then frees the rest
// at once, without running anything of the types. Returns the number of objects that were still
// alive; the first twenty are reported with type and, in debug builds, call site.
TN_API size_t tn_heap_free(tn_heap *heap /* stolen */);

// The calling thread is the owner from here on. Debug builds check it in every call; releases do
// nothing. A program that guards a heap with a lock calls it after each locking.
TN_API void tn_heap_adopt(tn_heap *heap);

TN_API tn_heap *tn_heap_of(const tn_object *o); /* borrowed */

#ifdef __cplusplus
}
#endif

#include "tenure/collector.h"
#include "tenure/types.h"
#include "tenure/weak.h"

#endif
