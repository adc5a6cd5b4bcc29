// SPDX-License-Identifier: MIT
//
// track: the planes of one object, and the population that they add up to.
//
// Invariant: population.generation[g] and population.frozen are the numbers of tracked objects
// whose planes say so; frozen_bytes is the sum of the frozen ones' slots.
#ifndef TNI_OBJECT_TRACK_H
#define TNI_OBJECT_TRACK_H

#include "object/objects.h"
#include "object/rules.h"

static inline int
tni_generation_at(struct tni_place at)
{
    return at.row->gen0 & at.bit ? 0 : at.row->gen1 & at.bit ? 1 : 2;
}

// Whether the collector may ever see [o]; settled when it is made. What dies is not tracked any
// more, but may be resurrected.
static inline bool
tni_is_trackable(const tn_object *o)
{
    return tni_page_kind(tni_page_of(o)) == TNI_OBJECTS;
}

// Of a container with these values that never changes: one that holds nothing that may be tracked
// can never be part of a cycle.
static inline bool
tni_must_be_tracked(const tn_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tn_is_object(values[i]) && tni_is_trackable(tn_as_object(values[i])))
            return true;
    return false;
}

static inline bool
tni_is_tracked(const tn_object *o)
{
    struct tni_place at = tni_place_of(o);
    return at.row->tracked & at.bit;
}

static inline void
tni_track_in(struct tni_objects *s, tn_object *o, int generation)
{
    struct tni_place at = tni_place_of(o);
    o->flags &= ~(uint32_t)TNI_UNTRACKED;
    TN_DEBUG(!(at.row->tracked & at.bit));
    at.row->tracked |= at.bit;
    at.row->gen0 |= generation == 0 ? at.bit : 0;
    at.row->gen1 |= generation == 1 ? at.bit : 0;
    at.page->young |= generation < 2;
    s->population.generation[generation]++;
}

// A new object enters generation 0.
static inline void
tni_track_new(struct tni_objects *s, struct tni_place at)
{
    at.row->tracked |= at.bit;
    at.row->gen0 |= at.bit;
    at.page->young = true;
    s->population.generation[0]++;
    s->young_net++;
}

static inline void
tni_leave_population(struct tni_objects *s, struct tni_place at)
{
    if (at.row->frozen & at.bit) {
        s->population.frozen--;
        s->population.frozen_bytes -= at.page->size;
    } else {
        s->population.generation[tni_generation_at(at)]--;
    }
}

// Takes [o] out of a suspect plane; the header's flag goes in the same place (rule 3a).
static inline void
tni_unlog(struct tni_objects *s, tn_object *o, struct tni_place at, unsigned plane)
{
    if (!tni_breaks(&s->memory, TNI_RULE_FLAG))
        o->flags &= ~((uint32_t)TNI_LOGGED << plane);
    if (at.row->suspect[plane] & at.bit) {
        at.row->suspect[plane] &= ~at.bit;
        s->suspects[plane]--;
    }
}

// Of generation 0 and no suspect: only the counts know of it.
static inline bool
tni_is_fresh(struct tni_place at)
{
    return at.row->gen0 & ~(at.row->suspect[0] | at.row->suspect[1]) & at.bit;
}

static inline void
tni_untrack_fresh(struct tni_objects *s, struct tni_place at)
{
    s->population.generation[0]--;
    s->young_net -= s->young_net > 0;
    at.row->tracked &= ~at.bit;
    at.row->gen0 &= ~at.bit;
}

static inline void
tni_untrack(struct tni_objects *s, tn_object *o, struct tni_place at)
{
    o->flags |= TNI_UNTRACKED;
    if (!(at.row->tracked & at.bit))
        return;
    if (__builtin_expect(((at.row->suspect[0] | at.row->suspect[1]) & at.bit) != 0, 0)) {
        tni_unlog(s, o, at, 0);
        tni_unlog(s, o, at, 1);
    }
    tni_leave_population(s, at);
    s->young_net -= s->young_net > 0;
    at.row->tracked &= ~at.bit;
    at.row->gen0 &= ~at.bit;
    at.row->gen1 &= ~at.bit;
    at.row->frozen &= ~at.bit;
}

#endif
