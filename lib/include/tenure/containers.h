// SPDX-License-Identifier: MIT
//
// The objects that hold text, numbers and other values: str, int, float, tuple, list, dict,
// set, frozenset, and those that refer weakly: weakmap, weakkeymap, weakset.
//
// [get] gives a new reference, [borrow] a borrowed one; both give absent for what is not there.
// Passing an object of another type is a programming error that stops the program.
#ifndef TENURE_CONTAINERS_H
#define TENURE_CONTAINERS_H

#include "tenure/tenure.h"

#ifdef __cplusplus
extern "C" {
#endif

// --- str: immutable bytes, usually UTF-8, with length and hash. Acyclic ----------------------

// Copies [len] bytes. NULL: out of memory, or len over 2^32 - 64.
#define tn_str_new(heap, data, len) tn_str_new_at(heap, data, len, TN_SITE())
TN_API tn_object *tn_str_new_at(tn_heap *heap, const char *data, size_t len,
                                const tn_site *site); /* new */

TN_API const char *tn_str_data(const tn_object *str); /* borrowed */ // ended by a NUL of its own
TN_API size_t tn_str_len(const tn_object *str);                      // bytes
TN_API bool tn_is_str(tn_value v);
// SipHash-2-4 under the heap's key; computed once. Never 0.
TN_API uint64_t tn_str_hash(const tn_object *str);
TN_API bool tn_str_equal(const tn_object *a, const tn_object *b);

// --- numbers: leaves, compared by value wherever keys are compared ---------------------------

// An integer is inline in the value from TN_INT_MIN to TN_INT_MAX, and an object beyond: 16 bytes,
// and 8 for each 64 bits. TN_ENOMEM.
#define tn_int_new(heap, i, result) tn_int_new_at(heap, i, TN_SITE(), result)
TN_API tn_err tn_int_new_at(tn_heap *heap, int64_t i, const tn_site *site,
                            tn_value *result /* new */);
// One of any size, from a sign or none and at least one decimal digit; and back, as a str. O(n^2):
// 10 000 digits take 0.1 and 0.4 ms. TN_EINVAL: something else. TN_ELIMIT: more digits
// than a str can have. NULL and TN_ENOMEM: out of memory.
#define tn_int_from_decimal(heap, digits, len, result)                                             \
    tn_int_from_decimal_at(heap, digits, len, TN_SITE(), result)
TN_API tn_err tn_int_from_decimal_at(tn_heap *heap, const char *digits, size_t len,
                                     const tn_site *site, tn_value *result /* new */);
#define tn_int_to_decimal(heap, v) tn_int_to_decimal_at(heap, v, TN_SITE())
TN_API tn_object *tn_int_to_decimal_at(tn_heap *heap, tn_value v, const tn_site *site); /* new */
TN_API bool tn_is_integer(tn_value v);
// Of integers only:
TN_API bool tn_int_fits(tn_value v);               // into the 64 bits of the next
TN_API int64_t tn_int_get(tn_value v);             // of one that fits
TN_API size_t tn_int_bits(tn_value v);             // Python's bit_length: 0 for 0, 1 for 1 and -1
TN_API int tn_int_compare(tn_value a, tn_value b); // below, at or above 0, as a is beside b

#define tn_float_new(heap, d) tn_float_new_at(heap, d, TN_SITE())
TN_API tn_object *tn_float_new_at(tn_heap *heap, double d, const tn_site *site); /* new */
TN_API bool tn_is_float(tn_value v);
TN_API double tn_float_get(tn_value v); // of a float

// --- tuple: a sequence that never changes ----------------------------------------------------

// Holds the [count] values, none of them absent, with a reference of its own to each. Tracked only
// if one of them is. NULL: out of memory.
#define tn_tuple_new(heap, values, count) tn_tuple_new_at(heap, values, count, TN_SITE())
TN_API tn_object *tn_tuple_new_at(tn_heap *heap, const tn_value *values /* borrowed */,
                                  size_t count, const tn_site *site); /* new */
TN_API size_t tn_tuple_len(const tn_object *tuple);
TN_API bool tn_is_tuple(tn_value v);
TN_API tn_value tn_tuple_borrow(const tn_object *tuple, size_t i); /* borrowed */
TN_API tn_value tn_tuple_get(const tn_object *tuple, size_t i);    /* new */

// --- list: a sequence that grows at its end --------------------------------------------------

#define tn_list_new(heap) tn_list_new_at(heap, TN_SITE())
TN_API tn_object *tn_list_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_list_len(const tn_object *list);
TN_API bool tn_is_list(tn_value v);
TN_API tn_value tn_list_borrow(const tn_object *list, size_t i); /* borrowed */
TN_API tn_value tn_list_get(const tn_object *list, size_t i);    /* new */
// Amortised O(1). TN_EINVAL for absent, TN_ENOMEM; the list is unchanged then.
#define tn_list_append(list, v)       tn_list_append_at(list, v, TN_SITE())
#define tn_list_append_steal(list, v) tn_list_append_steal_at(list, v, TN_SITE())
TN_API tn_err tn_list_append_at(tn_object *list, tn_value v, const tn_site *site);
TN_API tn_err tn_list_append_steal_at(tn_object *list, tn_value v /* stolen */,
                                      const tn_site *site);
// TN_EINDEX beyond the end.
TN_API tn_err tn_list_set(tn_object *list, size_t i, tn_value v);
// Makes room before item [i], or at the end where that is the length; O(items behind it).
// TN_EINDEX, TN_EINVAL for absent, TN_ENOMEM.
TN_API tn_err tn_list_insert(tn_object *list, size_t i, tn_value v);
// Takes item [i] out and closes the gap; O(items behind it). TN_EINDEX.
TN_API tn_err tn_list_delete(tn_object *list, size_t i);
// Takes the first item identical to [v] out. O(n). TN_EKEY: there is none.
TN_API tn_err tn_list_remove(tn_object *list, tn_value v);
TN_API void tn_list_clear(tn_object *list);

// --- dict: keys to values, in the order of insertion -----------------------------------------

// A key is a str (compared by content), a number (compared by value: 1 and 1.0 are the same key), a
// boolean, none, or any other object (compared by identity).
// tn_key_equal says whether two values are the same key, and tn_key_hash is the same for those that
// are, in this heap.
TN_API bool tn_key_equal(tn_value a, tn_value b);
TN_API uint64_t tn_key_hash(const tn_heap *heap, tn_value v);

#define tn_dict_new(heap) tn_dict_new_at(heap, TN_SITE())
TN_API tn_object *tn_dict_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_dict_len(const tn_object *dict);
TN_API bool tn_is_dict(tn_value v);
TN_API tn_value tn_dict_borrow(const tn_object *dict, tn_value key); /* borrowed */
TN_API tn_value tn_dict_borrow_str(const tn_object *dict, const char *key,
                                   size_t len);                   /* borrowed */
TN_API tn_value tn_dict_get(const tn_object *dict, tn_value key); /* new */
// Amortised O(1). TN_EINVAL for absent, TN_ENOMEM; the dict is unchanged then.
#define tn_dict_set(dict, key, v) tn_dict_set_at(dict, key, v, TN_SITE())
TN_API tn_err tn_dict_set_at(tn_object *dict, tn_value key, tn_value v, const tn_site *site);
// TN_EKEY.
TN_API tn_err tn_dict_delete(tn_object *dict, tn_value key);
// Takes an entry out and gives its value; absent for what is not there.
TN_API tn_value tn_dict_pop(tn_object *dict, tn_value key); /* new */
// The value that is there, or else [v], which is from now on. Errors: tn_dict_set's.
TN_API tn_err tn_dict_set_default(tn_object *dict, tn_value key, tn_value v,
                                  tn_value *result /* new */);
TN_API void tn_dict_clear(tn_object *dict);
// Walks in the order of insertion: [cursor] starts at 0; false at the end. The dict must not be
// changed meanwhile, except that the value of a present key may be replaced.
TN_API bool tn_dict_next(const tn_object *dict, size_t *cursor, tn_value *key /* borrowed */,
                         tn_value *value /* borrowed */);

// --- set and frozenset: keys without values --------------------------------------------------

// Members are what a dict has for keys, compared in the same way, each once, in the order in which
// they were added.
#define tn_set_new(heap) tn_set_new_at(heap, TN_SITE())
TN_API tn_object *tn_set_new_at(tn_heap *heap, const tn_site *site); /* new */
// Never changes. The [count] values, none of them absent; who is there already is left out. Tracked
// only if one of them is. NULL: out of memory.
#define tn_frozenset_new(heap, values, count) tn_frozenset_new_at(heap, values, count, TN_SITE())
TN_API tn_object *tn_frozenset_new_at(tn_heap *heap, const tn_value *values /* borrowed */,
                                      size_t count, const tn_site *site); /* new */
TN_API bool tn_is_set(tn_value v);
TN_API bool tn_is_frozenset(tn_value v);

// Of either.
TN_API size_t tn_set_len(const tn_object *set);
TN_API bool tn_set_has(const tn_object *set, tn_value v);
TN_API bool tn_set_has_str(const tn_object *set, const char *data, size_t len);
TN_API bool tn_set_is_subset(const tn_object *set, const tn_object *other); // Python's <=
TN_API bool tn_set_equal(const tn_object *a, const tn_object *b);           // the same members

// Of a set. Amortised O(1). TN_EINVAL for absent, TN_ENOMEM; the set is unchanged then.
TN_API tn_err tn_set_add(tn_object *set, tn_value v);
TN_API tn_err tn_set_remove(tn_object *set, tn_value v); // TN_EKEY
TN_API void tn_set_clear(tn_object *set);

// --- iterator: a walk that notices changes ---------------------------------------------------

// A walk over a list, tuple, dict, set or frozenset, which must outlive it. Nothing has to be
// ended.
typedef struct tn_iterator {
    const tn_object *container; // borrowed
    size_t cursor;              // private, as the rest
    size_t stamp;
} tn_iterator;

// TN_ETYPE: nothing to iterate.
TN_API tn_err tn_iterate(const tn_object *container, tn_iterator *iterator);
// The next item, a dict's key; absent at the end. [value] is a dict's value, else absent; may be
// NULL. TN_ECHANGED, as often as it is called: since the start a dict or set gained or lost a
// member, even if it lost or gained another one, or a list has become longer or shorter. Replaced
// items and values are no change.
TN_API tn_err tn_iterator_next(tn_iterator *iterator, tn_value *item /* borrowed */,
                               tn_value *value /* borrowed */);

// --- weakmap: keys to objects that it does not keep alive ------------------------------------

// A key is a str or an integer. An entry goes when its object dies, in the same instant, and only
// if it still holds that object; so the length is exact. At most 32 bytes an entry beyond its key.
// Acyclic: holds its keys strongly, its values not at all.
#define tn_weakmap_new(heap) tn_weakmap_new_at(heap, TN_SITE())
TN_API tn_object *tn_weakmap_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_weakmap_len(const tn_object *map);
TN_API bool tn_is_weakmap(tn_value v);
// The object, or NULL. The borrowed form is valid until the next call that may drop a reference.
TN_API tn_object *tn_weakmap_borrow(const tn_object *map, tn_value key); /* borrowed */
TN_API tn_object *tn_weakmap_borrow_str(const tn_object *map, const char *key,
                                        size_t len);                  /* borrowed */
TN_API tn_object *tn_weakmap_get(const tn_object *map, tn_value key); /* new */
// Replaces what the key held. TN_ETYPE: the object's type lacks TN_WEAK, or the key is neither str
// nor integer. TN_ENOMEM: the map is unchanged.
#define tn_weakmap_set(map, key, o) tn_weakmap_set_at(map, key, o, TN_SITE())
TN_API tn_err tn_weakmap_set_at(tn_object *map, tn_value key, tn_object *o, const tn_site *site);
// The live object that the key holds, or else [o], which it holds from now on. Errors:
// tn_weakmap_set's.
TN_API tn_err tn_weakmap_set_default(tn_object *map, tn_value key, tn_object *o,
                                     tn_object **result /* new */);
// TN_EKEY.
TN_API tn_err tn_weakmap_delete(tn_object *map, tn_value key);
// Deletes the entry if it holds [o] and nobody else; whether it did.
TN_API bool tn_weakmap_remove(tn_object *map, tn_value key, const tn_object *o);
// Takes an entry out and gives its object. NULL: no such key; or the map is empty.
TN_API tn_object *tn_weakmap_pop(tn_object *map, tn_value key);                /* new */
TN_API tn_object *tn_weakmap_pop_any(tn_object *map, tn_value *key /* new */); /* new */
TN_API void tn_weakmap_clear(tn_object *map);
// Sets all entries of [from]. TN_ENOMEM: the map is unchanged.
TN_API tn_err tn_weakmap_update(tn_object *map, const tn_object *from);
// A map with the same entries. NULL: out of memory.
#define tn_weakmap_copy(map) tn_weakmap_copy_at(map, TN_SITE())
TN_API tn_object *tn_weakmap_copy_at(const tn_object *map, const tn_site *site); /* new */
// Calls [fn] for each entry as it was at the start, whatever happens to the map meanwhile; what
// dies is left out. Allocates a copy: TN_ENOMEM. [fn] returns false to stop.
TN_API tn_err tn_weakmap_each(const tn_object *map,
                              bool (*fn)(tn_value key /* borrowed */, tn_object *o /* borrowed */,
                                         void *arg),
                              void *arg);

// --- weakkeymap: objects that it does not keep alive to values that it does --------------------

// A key is an object of a type with TN_WEAK, and stands for itself alone. Its entry goes when it
// dies, in the same instant, and the value is dropped. A value that refers to its own key keeps
// both. Every look-up costs O(weak references to the key).
#define tn_weakkeymap_new(heap) tn_weakkeymap_new_at(heap, TN_SITE())
TN_API tn_object *tn_weakkeymap_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_weakkeymap_len(const tn_object *map);
TN_API bool tn_is_weakkeymap(tn_value v);
TN_API tn_value tn_weakkeymap_borrow(const tn_object *map, const tn_object *key); /* borrowed */
TN_API tn_value tn_weakkeymap_get(const tn_object *map, const tn_object *key);    /* new */
// TN_ETYPE: the key's type lacks TN_WEAK. TN_EINVAL for absent. TN_ENOMEM: the map is unchanged.
#define tn_weakkeymap_set(map, key, v) tn_weakkeymap_set_at(map, key, v, TN_SITE())
TN_API tn_err tn_weakkeymap_set_at(tn_object *map, tn_object *key, tn_value v, const tn_site *site);
// The value that is there, or else [v], which is from now on. Errors: tn_weakkeymap_set's.
TN_API tn_err tn_weakkeymap_set_default(tn_object *map, tn_object *key, tn_value v,
                                        tn_value *result /* new */);
// TN_EKEY.
TN_API tn_err tn_weakkeymap_delete(tn_object *map, const tn_object *key);
// Takes an entry out; absent for what is not there.
TN_API tn_value tn_weakkeymap_pop(tn_object *map, const tn_object *key); /* new */
TN_API void tn_weakkeymap_clear(tn_object *map);
// As the weakmap's.
TN_API tn_err tn_weakkeymap_update(tn_object *map, const tn_object *from);
#define tn_weakkeymap_copy(map) tn_weakkeymap_copy_at(map, TN_SITE())
TN_API tn_object *tn_weakkeymap_copy_at(const tn_object *map, const tn_site *site); /* new */
TN_API tn_err tn_weakkeymap_each(const tn_object *map,
                                 bool (*fn)(tn_object *key /* borrowed */,
                                            tn_value v /* borrowed */, void *arg),
                                 void *arg);

// --- weakset: objects that it does not keep alive ----------------------------------------------

// Members leave it when they die. Acyclic. Costs as the weakkeymap's.
#define tn_weakset_new(heap) tn_weakset_new_at(heap, TN_SITE())
TN_API tn_object *tn_weakset_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_weakset_len(const tn_object *set);
TN_API bool tn_is_weakset(tn_value v);
TN_API bool tn_weakset_has(const tn_object *set, const tn_object *o);
// TN_ETYPE: the type lacks TN_WEAK. TN_ENOMEM: the set is unchanged.
#define tn_weakset_add(set, o) tn_weakset_add_at(set, o, TN_SITE())
TN_API tn_err tn_weakset_add_at(tn_object *set, tn_object *o, const tn_site *site);
// TN_EKEY.
TN_API tn_err tn_weakset_remove(tn_object *set, const tn_object *o);
// Takes some member out. NULL: the set is empty.
TN_API tn_object *tn_weakset_pop_any(tn_object *set); /* new */
TN_API void tn_weakset_clear(tn_object *set);
// Python's |=, &=, -= and ^=. TN_ENOMEM: the set is unchanged.
TN_API tn_err tn_weakset_add_all(tn_object *set, const tn_object *other);
TN_API void tn_weakset_keep_all(tn_object *set, const tn_object *other);
TN_API void tn_weakset_remove_all(tn_object *set, const tn_object *other);
TN_API tn_err tn_weakset_flip_all(tn_object *set, const tn_object *other);
// Python's <= and isdisjoint; two sets are equal when each is a subset of the other.
TN_API bool tn_weakset_is_subset(const tn_object *set, const tn_object *other);
TN_API bool tn_weakset_is_disjoint(const tn_object *set, const tn_object *other);
#define tn_weakset_copy(set) tn_weakset_copy_at(set, TN_SITE())
TN_API tn_object *tn_weakset_copy_at(const tn_object *set, const tn_site *site); /* new */
TN_API tn_err tn_weakset_each(const tn_object *set,
                              bool (*fn)(tn_object *o /* borrowed */, void *arg), void *arg);

#ifdef __cplusplus
}
#endif
#endif
