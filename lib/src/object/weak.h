// SPDX-License-Identifier: MIT
//
// weak: who has to be told when an object dies.
//
// An object of a type with TN_WEAK has one weak word, which names the first of a chain of links;
// each link names the next. A link is either inside a weak reference object or an entry of a weak
// table, which may move when it grows, so a name is an address in the one case and table and entry
// number in the other. Weak knows nothing of how a table finds its entries; it calls [died].
//
// A weak reference with a callback is an object of the same type that nobody else is given.
//
// Invariant: every link of an object's chain has the object as its target, and no other link has.
#ifndef TNI_OBJECT_WEAK_H
#define TNI_OBJECT_WEAK_H

#include "object/type.h"

// 0: no link. Lowest bit 0: address of a weak reference. 1: entry << 32 | table << 1 | 1.
typedef uint64_t tni_link_name;

struct tni_link {
    tn_object *target; // NULL: dead or never set
    tni_link_name next;
};

// The payload of a weak reference begins with this.
struct tni_weakref {
    struct tni_link link; // first: its name is the object's address
    tn_weak_callback *callback;
    void *arg;
    tn_object *next_called;
};

struct tni_weak_table {
    char *links;          // of entry 0; they may move when the table grows
    size_t stride;        // bytes from one to the next
    const uint32_t *used; // entries; those beyond were never taken
    size_t key_before;    // bytes from an entry's own key, which it holds, to its link; 0: none
    // The entry's object began to die; its link is empty already.
    void (*died)(struct tni_weak_table *table, uint32_t entry);
    uint32_t number; // in the heap's list of tables
    bool holds;      // [died] drops references that may be anything's
};

static inline uint64_t *
tni_weak_word(const tn_type *type, const tn_object *o)
{
    return (uint64_t *)(void *)((char *)o + type->weak_at);
}

static inline bool
tni_is_weakly_referable(const tn_object *o)
{
    return tni_type_of(o)->weak_at != 0;
}

static inline tni_link_name
tni_entry_name(const struct tni_weak_table *table, uint32_t entry)
{
    return (uint64_t)entry << 32 | (uint64_t)table->number << 1 | 1;
}

// Puts [link], which is called [name], into the chain of [target], which must be weakly referable.
static inline void
tni_weak_link(struct tni_link *link, tni_link_name name, tn_object *target)
{
    uint64_t *word = tni_weak_word(tni_type_of(target), target);
    TN_DEBUG(link->target == NULL && !(target->flags & TNI_DEAD));
    *link = (struct tni_link){target, *word};
    *word = name;
}

// Takes it out again. O(links of the target).
void tni_weak_unlink(struct tni_objects *s, tni_link_name name);
// Whether the death of [o] calls somebody back, or lets a table drop what it holds. O(links).
bool tni_weak_is_awaited(struct tni_objects *s, const tn_object *o);
// Step 1 of the order of destruction: the weak references of [o] that have callbacks leave its
// chain and wait to be called, newest first.
void tni_weak_queue_callbacks(struct tni_objects *s, tn_object *o);
// Step 7: the next one that waits, with the list's reference; NULL: none does.
tn_object *tni_weak_take_called(struct tni_called *called); /* new */
// All of [from] comes to stand behind [to].
void tni_weak_append_called(struct tni_called *to, struct tni_called *from);
// Calls it, if somebody besides the caller still holds it; whether it did.
bool tni_weak_call(tn_object *weak);
// Step 4 of the order of destruction: empties the chain of [o] and tells the tables.
void tni_weak_clear(struct tni_objects *s, tn_object *o);
// Steps 1 and 4 of an object without a finalizer, which nothing comes between.
void tni_weak_forget(struct tni_objects *s, tn_object *o);
// The same where one table that holds nothing is all that has to forget [o], which has a link; true
// then, otherwise nothing was done. Runs nobody's code.
bool tni_weak_forget_entry(struct tni_objects *s, tn_object *o);

// The entry of [table] that has [o] as its target. O(links of [o]).
enum { TNI_NO_ENTRY = -1 };
int64_t tni_weak_find(struct tni_objects *s, const struct tni_weak_table *table,
                      const tn_object *o);

tn_err tni_weak_add_table(struct tni_objects *s, struct tni_weak_table *table);
void tni_weak_remove_table(struct tni_objects *s, struct tni_weak_table *table);

// Whether a weak reference may give [o] away. Garbage of a sliced collection is nobody's any more;
// what such a collection has not judged yet is disturbed by it.
bool tni_weak_may_give_in_run(struct tni_objects *s, tn_object *o);

static inline bool
tni_weak_may_give(struct tni_objects *s, tn_object *o)
{
    if (o->flags & TNI_DEAD)
        return false;
    bool rests = s->condemned == 0 && !s->disturbed.on;
    return __builtin_expect(rests, 1) || tni_weak_may_give_in_run(s, o);
}

// What [link] names, if it may be given.
tn_object *tni_weak_give(struct tni_objects *s, const struct tni_link *link); /* new */

extern const struct tni_builtin tni_weakref_type;

bool tni_weak_check(struct tni_objects *s, const tn_object *o);

#endif
