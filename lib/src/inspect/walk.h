// SPDX-License-Identifier: MIT
//
// walk: every object that is there, page by page; and where in an object a reference stands.
#ifndef TNI_INSPECT_WALK_H
#define TNI_INSPECT_WALK_H

#include "memory/poison.h"
#include "object/type.h"
#include "tenure/inspect.h"

// A slot of a page of objects that holds one, dying or not.
static inline bool
tni_is_taken(const struct tni_page *page, unsigned slot)
{
    uint64_t word = page->words[slot / TNI_ROW_SLOTS * page->stride];
    return word >> slot % TNI_ROW_SLOTS & 1 && !TNI_IS_POISONED(tni_slot_at(page, slot));
}

// What dies in a set is untracked before its finalizers run.
bool tni_is_dying(const tn_object *o);

// Calls [fn], which makes and drops nothing, for each object whose death has not begun; tracked or
// not, frozen or not.
void tni_walk(struct tni_objects *s, void (*fn)(tn_object *o, void *arg), void *arg);

// The same in pieces. There is one such walk of a heap at a time: it is what [pages.cursor] points
// to. Each piece ends after [until_ns] of the monotonic clock, by more than 32 objects' work never;
// false: all of it is done.
void tni_walk_start(struct tni_objects *s, struct tni_cursor *cursor);
bool tni_walk_some(struct tni_objects *s, struct tni_cursor *cursor, uint64_t until_ns,
                   bool (*fn)(tn_object *o, void *arg), void *arg);
void tni_walk_stop(struct tni_objects *s, const struct tni_cursor *cursor);

// The steps of such a walk, for who takes them one by one, while [cursor->segment] is not NULL.
// False: nothing more on this page.
bool tni_cursor_has_slot(const struct tni_cursor *cursor);
// Of the slot that there is; NULL: no object, or its death has begun.
tn_object *tni_cursor_object(const struct tni_cursor *cursor);
void tni_cursor_turn_page(struct tni_cursor *cursor);

// Calls [fn] for each reference that [holder] has to [target], with its place: an index into its
// values, TNI_ATTRIBUTE and the position of a name of its type, or TNI_NATIVE.
#define TNI_ATTRIBUTE (SIZE_MAX / 2)
#define TNI_NATIVE    SIZE_MAX
void tni_each_place(const tn_object *holder, const tn_object *target,
                    void (*fn)(const tn_object *holder, size_t place, void *arg), void *arg);

// Calls [fn] for each attribute in [o]'s dictionary, in the order in which they were set; with
// TNI_NATIVE for the one value of a record apart.
void tni_each_attribute(const tn_object *o, void (*fn)(size_t place, tn_value v, void *arg),
                        void *arg);

// What a program is told of the reference in [place].
tn_reference tni_describe(const tn_object *holder, size_t place);
// The same of the first reference that [holder] has to [target]; no holder: it has none.
tn_reference tni_describe_first(const tn_object *holder, const tn_object *target);

#endif
