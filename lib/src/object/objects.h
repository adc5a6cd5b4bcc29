// SPDX-License-Identifier: MIT
//
// objects: the state of this floor. Everything that an object's address leads to.
#ifndef TNI_OBJECT_OBJECTS_H
#define TNI_OBJECT_OBJECTS_H

#include "memory/alloc.h"

// Bits of tn_object.flags.
enum {
    TNI_UNTRACKED = 4, // the collector does not see it
    TNI_LOGGED = 8,    // its bit in suspect plane 0 is set; the next flag up: in plane 1
    TNI_DEAD = 1,      // waits to be destroyed; weak references no longer give it
    TNI_REPORTED = 2,  // a saturated count was reported
    TNI_PIN = 1 << 16, // one pin; the upper half of the flags counts them
};

// Of tn_object.mark, which is the collector's (gc/marks.h): an epoch, and a count or a verdict.
enum {
    TNI_EPOCH_SHIFT = 24,
    TNI_MARK_LIVE = (1 << TNI_EPOCH_SHIFT) - 1,
};

// Indexes of the types that the library brings, in the order of their registration.
enum {
    TNI_TYPE_NONE,
    TNI_TYPE_STR,
    TNI_TYPE_LIST,
    TNI_TYPE_DICT,
    TNI_TYPE_WEAKREF,
    TNI_TYPE_WEAKMAP,
    TNI_TYPE_INT,
    TNI_TYPE_FLOAT,
    TNI_TYPE_TUPLE,
    TNI_TYPE_FINALIZER,
    TNI_TYPE_WEAKKEYMAP,
    TNI_TYPE_WEAKSET,
    TNI_TYPE_SET,
    TNI_TYPE_FROZENSET,
};

struct tni_objects;

// Objects whose count reached zero and that are not destroyed yet, in the order in which they will
// be. Linked through the first eight bytes of their headers.
struct tni_reap {
    tn_object *first;
    tn_object **insert; // where the next one goes: behind its siblings, before older ones
    bool running;
};

// What the drop budget put off: dead objects that are not destroyed yet, the newest first, linked
// in the same way. None of them has a finalizer, or a weak reference that names it.
struct tni_backlog {
    tn_object *first;
    size_t bytes;     // of their own blocks
    size_t budget;    // what one drop may destroy; SIZE_MAX: everything
    size_t allowance; // what the present drop may still destroy
};

// Weak references whose targets died and whose callbacks wait for everything to be consistent, in
// the order in which they will be called. The list holds a reference to each.
struct tni_called {
    tn_object *first, *last;
    size_t freed; // of those that were called: their callbacks let go of them
};

// What was logged, or given by a weak reference, while a sliced collection counts: whoever stands
// here may have a new holder that was not counted.
struct tni_disturbed {
    tn_object **items;
    size_t len, room;
    bool on;
    bool failed; // an object could not be noted
};

struct tni_weak_table;

struct tni_objects {
    struct tni_memory memory; // first: see TNI_CAST_UP
    tn_type **types;          // by index; 0 is empty
    uint32_t type_count, type_room;
    struct tni_weak_table **tables;   // weak-value maps by number; NULL: free
    uint32_t table_count, free_table; // no number below [free_table] is free
    struct tni_reap reap;
    struct tni_backlog backlog;
    struct tni_called called;
    unsigned
        pauses; // finalizers and callbacks that are running: objects are in the middle of dying
    // A tracked object may not be made without asking the collector first when more than this many
    // net new ones are there (SIZE_MAX: never), or more is in use than the memory's limit.
    size_t trigger;
    void (*fire)(struct tni_objects *s); // installed by heap.c
    struct tni_disturbed disturbed;
    uint32_t
        condemned; // the epoch whose marks without the verdict live are those of garbage; 0: none
    tn_gc_population population;
    unsigned plane;     // the suspect plane that is current
    size_t suspects[2]; // bits that are set in each
    size_t young_net;   // tracked objects made minus freed since the last collection, at least 0
    uint64_t hash_key[2];
    uint32_t stamp;        // of the last change to a dict or set that an iterator must notice
    tn_object *finalizers; // that may still be called, the newest first; finalizer.c
    char message[256];     // about the last call that was refused
};

static inline struct tni_objects *
tni_objects_of(const tn_object *o)
{
    return TNI_CAST_UP(struct tni_objects, tni_memory_of(o));
}

#endif
