// SPDX-License-Identifier: MIT
//
// The objects that hold text, numbers and other values: str, int, float, tuple, list, dict, and the
// map of weak values.
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

// An integer of any 64 bits: inline in the value from TN_INT_MIN to TN_INT_MAX, an object beyond.
#define tn_int_new(heap, i, result) tn_int_new_at(heap, i, TN_SITE(), result)
TN_API tn_err tn_int_new_at(tn_heap *heap, int64_t i, const tn_site *site,
                            tn_value *result /* new */);
TN_API bool tn_is_integer(tn_value v);
TN_API int64_t tn_int_get(tn_value v); // of an integer

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
TN_API tn_err tn_list_append(tn_object *list, tn_value v);
TN_API tn_err tn_list_append_steal(tn_object *list, tn_value v /* stolen */);
// TN_EINDEX beyond the end.
TN_API tn_err tn_list_set(tn_object *list, size_t i, tn_value v);
// Takes item [i] out and closes the gap; O(items behind it). TN_EINDEX.
TN_API tn_err tn_list_delete(tn_object *list, size_t i);
// Takes the first item identical to [v] out. O(n). TN_EKEY: there is none.
TN_API tn_err tn_list_remove(tn_object *list, tn_value v);
TN_API void tn_list_clear(tn_object *list);

// --- dict: keys to values, in the order of insertion -----------------------------------------

// A key is a str (compared by content), a number (compared by value: 1 and 1.0 are the same key), a
// boolean, none, or any other object (compared by identity).
#define tn_dict_new(heap) tn_dict_new_at(heap, TN_SITE())
TN_API tn_object *tn_dict_new_at(tn_heap *heap, const tn_site *site); /* new */

TN_API size_t tn_dict_len(const tn_object *dict);
TN_API bool tn_is_dict(tn_value v);
TN_API tn_value tn_dict_borrow(const tn_object *dict, tn_value key); /* borrowed */
TN_API tn_value tn_dict_borrow_str(const tn_object *dict, const char *key,
                                   size_t len);                   /* borrowed */
TN_API tn_value tn_dict_get(const tn_object *dict, tn_value key); /* new */
// Amortised O(1). TN_EINVAL for absent, TN_ENOMEM; the dict is unchanged then.
TN_API tn_err tn_dict_set(tn_object *dict, tn_value key, tn_value v);
// TN_EKEY.
TN_API tn_err tn_dict_delete(tn_object *dict, tn_value key);
TN_API void tn_dict_clear(tn_object *dict);
// Walks in the order of insertion: [cursor] starts at 0; false at the end. The dict must not be
// changed meanwhile, except that the value of a present key may be replaced.
TN_API bool tn_dict_next(const tn_object *dict, size_t *cursor, tn_value *key /* borrowed */,
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
TN_API tn_err tn_weakmap_set(tn_object *map, tn_value key, tn_object *o);
// TN_EKEY.
TN_API tn_err tn_weakmap_delete(tn_object *map, tn_value key);
// Calls [fn] for each entry as it was at the start; what dies meanwhile is left out. Allocates a
// copy: TN_ENOMEM. [fn] returns false to stop.
TN_API tn_err tn_weakmap_each(const tn_object *map,
                              bool (*fn)(tn_value key /* borrowed */, tn_object *o /* borrowed */,
                                         void *arg),
                              void *arg);

#ifdef __cplusplus
}
#endif
#endif
