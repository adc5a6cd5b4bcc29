// SPDX-License-Identifier: MIT
//
// weak: references that do not keep their target alive, and functions that are called when it dies.
// Part of tenure.h, which includes it.
#ifndef TENURE_WEAK_H
#define TENURE_WEAK_H

#ifndef TENURE_TENURE_H
#error "include tenure/tenure.h, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// --- Weak references -------------------------------------------------------------------------

// A weak reference to [target], which must be of a type with TN_WEAK (TN_ETYPE otherwise). One
// object is shared by all callers while it lives, as Python's weakref.ref without a callback.
#define tn_weak_new(target, result) tn_weak_new_at(target, TN_SITE(), result)
TN_API tn_err tn_weak_new_at(tn_object *target, const tn_site *site, tn_object **result /* new */);

// A weak reference of its own that calls [callback] once when [target] dies: last of all, when
// everything is consistent again, and only if the weak reference itself is still alive then.
// Several on one object are called newest first. [weak] gives NULL inside. One that is made for an
// object whose destruction is under way, by a finalizer or between the slices of a collection whose
// finalizers showed the object to somebody, is not called if the object dies of it.
typedef void tn_weak_callback(tn_object *weak /* borrowed */, void *arg);
#define tn_weak_new_with(target, callback, arg, result)                                            \
    tn_weak_new_with_at(target, callback, arg, TN_SITE(), result)
TN_API tn_err tn_weak_new_with_at(tn_object *target, tn_weak_callback *callback, void *arg,
                                  const tn_site *site, tn_object **result /* new */);

// The target, or NULL once its destruction began. O(1).
TN_API tn_object *tn_weak_get(const tn_object *weak); /* new */

// The callback that has not been called yet; NULL: there is none, or it was.
TN_API tn_weak_callback *tn_weak_callback_of(const tn_object *weak); /* borrowed */

// The weak references to [target], the newest first; entries of weak maps and finalizers are not
// among them. Fills at most [max] rows and returns how many there are. O(these and those).
TN_API size_t tn_weak_list(const tn_object *target, tn_object **weak /* borrowed */, size_t max);
TN_API size_t tn_weak_count(const tn_object *target);

// --- Finalizers of one object, as Python's weakref.finalize ----------------------------------

// An object that calls [fn] once when [target] dies: with its callbacks, the newest first; or when
// the program asks for it; or in tn_heap_free, the newest of the heap first. The heap keeps it
// until then, so [result] may be NULL. [arg] must not be the target: it is gone by then. Errors:
// tn_weak_new_with's.
typedef void tn_finalizer_fn(void *arg);
#define tn_finalizer_new(target, fn, arg, result)                                                  \
    tn_finalizer_new_at(target, fn, arg, TN_SITE(), result)
TN_API tn_err tn_finalizer_new_at(tn_object *target, tn_finalizer_fn *fn, void *arg,
                                  const tn_site *site, tn_object **result /* new */);

// Neither called nor detached yet.
TN_API bool tn_finalizer_is_alive(const tn_object *finalizer);
// Its target; NULL where it is not alive.
TN_API tn_object *tn_finalizer_peek(const tn_object *finalizer); /* new */
// Calls it now, which is its one time. False: it is not alive.
TN_API bool tn_finalizer_call(tn_object *finalizer);
// It will not be called. False: it is not alive.
TN_API bool tn_finalizer_detach(tn_object *finalizer);
// Whether tn_heap_free calls it, if nothing else did before; true in a new one.
TN_API void tn_finalizer_set_at_end(tn_object *finalizer, bool at_end);

#ifdef __cplusplus
}
#endif
#endif
