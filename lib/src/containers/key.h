// SPDX-License-Identifier: MIT
//
// key: what it means for two keys to be the same, for dict and weakmap alike. A str counts by its
// content, a number by its value, everything else by identity.
#ifndef TNI_CONTAINERS_KEY_H
#define TNI_CONTAINERS_KEY_H

#include "containers/number.h"
#include "containers/str.h"

// A key to look for: a value, or the bytes of a str that need not exist.
struct tni_key {
    tn_value value; // absent: bytes
    const char *data;
    size_t len;
    uint64_t hash;
};

static inline struct tni_key
tni_key_of_bytes(const struct tni_objects *s, const char *data, size_t len)
{
    return (struct tni_key){TN_ABSENT, data, len, tni_hash_bytes(s, data, len)};
}

// Multiplication moves what differs to the high bits; the tables take theirs from there. Sixteen
// neighbouring numbers differ in four bits only, so that they share a line of the table; which of
// them comes first there is the line's own, or the multiples of sixteen would meet in one column.
static inline uint64_t
tni_word_hash(const struct tni_objects *s, uint64_t word)
{
    const uint64_t low = 15;
    uint64_t mixed = (word >> 4 ^ s->hash_key[0]) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ (word & low) << 32;
}

// The tag goes to the far end.
static inline uint64_t
tni_word_key_hash(const struct tni_objects *s, uint64_t word)
{
    return tni_word_hash(s, word >> 3 | word << 61);
}

static inline uint64_t
tni_key_hash(const struct tni_objects *s, tn_value v)
{
    if (tni_value_is(v, TNI_TYPE_STR))
        return tn_str_hash(tn_as_object(v));
    return tni_word_key_hash(s, tni_is_leaf_number(v) ? tni_number_word(s, v) : v.bits);
}

static inline struct tni_key
tni_key_of(const struct tni_objects *s, tn_value v)
{
    if (!tni_value_is(v, TNI_TYPE_STR))
        return (struct tni_key){v, NULL, 0, tni_key_hash(s, v)};
    const tn_object *str = tn_as_object(v);
    return (struct tni_key){v, tn_str_data(str), tn_str_len(str), tn_str_hash(str)};
}

// The content of two that are not identical.
static inline bool
tni_key_equals(const struct tni_key *key, tn_value stored)
{
    if (key->data != NULL)
        return tni_value_is(stored, TNI_TYPE_STR) &&
               tn_str_hash(tn_as_object(stored)) == key->hash &&
               tni_str_is(tn_as_object(stored), key->data, key->len);
    bool leaf = tni_is_leaf_number(key->value) || tni_is_leaf_number(stored);
    return leaf && tni_number_equal(key->value, stored);
}

// Two words of which neither is an object are the same only if they are identical.
static inline bool
tni_key_is(const struct tni_key *key, tn_value stored)
{
    if (tn_is(key->value, stored))
        return !tn_is_absent(stored);
    bool is_plain = !tn_is_object(stored) && key->data == NULL && !tn_is_object(key->value);
    return !is_plain && tni_key_equals(key, stored);
}

// --- An index: positions of entries in a table of a power of two, 0 where there is none ------
//
// A table is searched column by column, from line to line: sixteen neighbours whose line is taken
// all move to the next line in one step. The end of a column is followed by the start of the next
// one.

enum { TNI_COLUMNS = 16, TNI_MIN_COLUMNED = 64 };

static inline uint32_t
tni_index_home(uint64_t hash, uint32_t size)
{
    return (uint32_t)(hash >> 32) & (size - 1);
}

static inline uint32_t
tni_index_next(uint32_t at, uint32_t size)
{
    if (size < TNI_MIN_COLUMNED)
        return (at + 1) & (size - 1);
    return at + TNI_COLUMNS < size ? at + TNI_COLUMNS : (at + 1) % TNI_COLUMNS;
}

// Steps from the start of the first column.
static inline uint32_t
tni_index_rank(uint32_t at, uint32_t size)
{
    if (size < TNI_MIN_COLUMNED)
        return at;
    return at % TNI_COLUMNS * (size / TNI_COLUMNS) + at / TNI_COLUMNS;
}

static inline uint32_t
tni_index_distance(uint32_t from, uint32_t to, uint32_t size)
{
    return (tni_index_rank(to, size) - tni_index_rank(from, size)) & (size - 1);
}

#endif
