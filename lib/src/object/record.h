// SPDX-License-Identifier: MIT
//
// record: the attributes of one instance under names that its type keeps for all of them.
//
// A type gives each new name a position, up to TNI_MAX_KEYS. An instance has a buffer with a value
// a position, as far as it needs, and behind them, a byte each, the positions that are set, in the
// order in which they were: so an attribute costs 9 bytes and no name. An instance that needs a
// name beyond takes its leave: the record then holds one value, a dict with all of its attributes.
#ifndef TNI_OBJECT_RECORD_H
#define TNI_OBJECT_RECORD_H

#include "object/type.h"

enum { TNI_MAX_KEYS = 30 };

struct tni_record {
    tn_value *values; // [room]; absent where nothing is set; NULL: no room yet
    uint8_t room, count;
    bool apart;       // the only value is a dict
    uint32_t changes; // of what is set
};

// The names of a type, by position. Copies.
struct tni_keys {
    size_t count;
    char *names[TNI_MAX_KEYS];
};

// Of an object of a type with a dictionary.
static inline struct tni_record *
tni_record_of(const tn_type *type, const tn_object *o)
{
    return (struct tni_record *)((char *)o + type->record_at);
}

static inline uint8_t *
tni_record_order(const struct tni_record *r)
{
    return (uint8_t *)(r->values + r->room);
}

// The place of an attribute that is set; NULL: it is not. Not of a record apart.
tn_value *tni_record_find(const tn_type *type, const tn_object *o, const char *name);
// Sets one that is not. TN_ELIMIT: no position is left for its name. TN_ENOMEM.
tn_err tni_record_add(tn_type *type, tn_object *o, const char *name,
                      tn_value v /* stolen on success */);
// Removes what [tni_record_find] gave.
tn_value tni_record_remove(const tn_type *type, tn_object *o, tn_value *place); /* new */

// The values' room for one dict, to be used with tni_record_move_apart; NULL: out of memory.
tn_value *tni_record_room_for_dict(tn_type *type, tn_object *o);
// Drops the values; [dict] takes their place.
void tni_record_move_apart(tn_type *type, tn_object *o, tn_value *room, tn_value dict /* stolen */);

// What an object's passes ask for.
void tni_record_traverse(const tn_type *type, tn_object *o, tn_visit *visit, void *arg);
void tni_record_clear(const tn_type *type, tn_object *o); // in the order in which they were set
size_t tni_record_size(const tn_type *type, const tn_object *o);
bool tni_record_check(const tn_object *o);

void tni_keys_fini(struct tni_objects *s, struct tni_keys *keys);

#endif
