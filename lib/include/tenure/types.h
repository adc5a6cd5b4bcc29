// SPDX-License-Identifier: MIT
//
// types: what a kind of object is: the layout of its instances, what all of them share, and their
// attributes by name. Part of tenure.h, which includes it. Worked examples: lib/docs/layouts.md.
//
// A name is a C identifier, ended by NUL; bytes above 127 count as letters. Searching one costs
// O(names of the type and its bases); code in a hurry uses the slots' indexes.
#ifndef TENURE_TYPES_H
#define TENURE_TYPES_H

#ifndef TENURE_TENURE_H
#error "include tenure/tenure.h, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// --- What a type is made of ------------------------------------------------------------------

// Called by [traverse] once for each counted reference that an object's own bytes hold.
typedef void tn_visit(tn_object *child /* borrowed */, void *arg);

enum tn_type_flags {
    TN_WEAK = 1,    // weak references to instances are allowed; costs 8 bytes an instance
    TN_ACYCLIC = 2, // holds only scalars and acyclic objects: never tracked, never visited
    TN_DOMAIN = 4,  // no instances: only an account for buffers, shown beside the types
};

// What an instance has room for. A derived type has whatever its base has.
typedef enum tn_layout {
    TN_LAYOUT_SLOTS, // its slots, and nothing else: 8 bytes each
    TN_LAYOUT_DICT,  // besides, attributes of any name: 16 bytes, and 9 bytes for each one
} tn_layout;

// Runs once in an object's lifetime, before anything that it holds is dropped; a plain weak
// reference still gives the object. The object lives on if it is referred to by more than its own
// garbage then.
typedef void tn_finalizer(tn_object *o /* borrowed */);

// A value that all instances share: readable through each, and changed with tn_type_set only.
typedef struct tn_class_attribute {
    const char *name;
    tn_value value; // borrowed; the type takes a reference of its own
} tn_class_attribute;

// An attribute that is computed. A getter or setter that refuses returns what tn_fail gives it.
typedef tn_err tn_getter(tn_object *o /* borrowed */, tn_value *result /* new */);
typedef tn_err tn_setter(tn_object *o /* borrowed */, tn_value v /* borrowed */);
typedef struct tn_property {
    const char *name;
    tn_getter *get; // NULL: cannot be read
    tn_setter *set; // NULL: cannot be set
} tn_property;

// A named function. [result] is TN_NONE before the call.
typedef tn_err tn_method(tn_object *self /* borrowed */, const tn_value *args /* borrowed */,
                         size_t count, tn_value *result /* new */);
typedef struct tn_named_method {
    const char *name;
    tn_method *call;
} tn_named_method;

// What the library has to know of a type. Everything is copied, so the record may be temporary.
typedef struct tn_type_spec {
    const char *name;
    const tn_type *base;      // borrowed; its slots come first, its hooks run too; may be NULL
    const char *const *slots; // names of the values at the start of the payload, ended by NULL
    size_t native;            // bytes of the type's own after the slots; start as zero
    unsigned flags;           // of tn_type_flags
    // For native bytes that hold counted references or buffers; NULL where they do not.
    void (*traverse)(tn_object *o /* borrowed */, tn_visit *visit, void *arg);
    void (*clear)(tn_object *o /* borrowed */);           // gives them back; may be called twice
    size_t (*size_of)(const tn_object *o /* borrowed */); // bytes of the buffers
    tn_finalizer *finalize;                               // NULL: the base's
    tn_layout layout;
    // Each ended by a record without a name; NULL where there are none. A derived type's hide its
    // base's of the same name.
    const tn_class_attribute *attributes;
    const tn_property *properties;
    const tn_named_method *methods;
    // Further bases, ended by NULL, for what they name: searched after [base], in this order. None
    // of them may have slots, native bytes or hooks. Their layout, TN_WEAK and, where there is no
    // other, finalizer count as a base's.
    const tn_type *const *mixins;
} tn_type_spec;

// Adds a type to [heap]; it lives as long as the heap. TN_ENOMEM. TN_ELIMIT: 65 535 types.
// TN_EINVAL, and tn_last_message says which: no name, or one that is none; a slot that is repeated
// (a base's counts too); a class attribute, property or method with the name of a slot or of
// another of these three; more than 512 bytes an instance, dictionary and weak word included; a
// base that cannot be one, which is: one of the library's own types, an acyclic type, or one with
// native bytes when this type adds slots, because slots stand in front of native bytes; a mixin
// with a layout of its own. An acyclic type has neither base, mixins nor dictionary.
TN_API tn_err tn_type_register(tn_heap *heap, const tn_type_spec *spec,
                               tn_type **type /* borrowed */);

TN_API const tn_type *tn_type_of(const tn_object *o);        /* borrowed */
TN_API const char *tn_type_name(const tn_type *type);        /* borrowed */
TN_API const tn_type *tn_type_base(const tn_type *type);     /* borrowed */
TN_API bool tn_is_instance(tn_value v, const tn_type *type); // exact type, one comparison
// Of [type] or of one derived from it. O(bases).
TN_API bool tn_is_kind_of(tn_value v, const tn_type *type);

// --- Attributes by name ----------------------------------------------------------------------

// Searched in this order, as in Python: a slot or a property of the type or its bases; the
// instance's dictionary; a class attribute. Where there is none: TN_EATTRIBUTE, and tn_last_message
// names type and attribute.

// TN_EATTRIBUTE: besides, the slot is not set, the property has no getter, or it is a method. What
// a getter returns.
TN_API tn_err tn_get(tn_object *o, const char *name, tn_value *result /* new */);
// TN_EATTRIBUTE: besides, the property has no setter, or a class attribute or method is in the way
// of an instance without dictionary. TN_EINVAL: [v] is absent. TN_ENOMEM: nothing was changed. What
// a setter returns.
TN_API tn_err tn_set(tn_object *o, const char *name, tn_value v);
// Empties a slot or removes an attribute from the dictionary. TN_EATTRIBUTE: besides, it is
// something else.
TN_API tn_err tn_delete(tn_object *o, const char *name);
// Calls the method of [o]'s type or its nearest base that has one. TN_EATTRIBUTE; what the method
// returns.
TN_API tn_err tn_call(tn_object *o, const char *name, const tn_value *args /* borrowed */,
                      size_t count, tn_value *result /* new */);
// The same function as tn_call finds from [type] on, or NULL: with tn_type_base, a base's method.
TN_API tn_method *tn_type_method(const tn_type *type, const char *name); /* borrowed */

// The class attribute of [type] or of the nearest base that has one. TN_EATTRIBUTE.
TN_API tn_err tn_type_get(const tn_type *type, const char *name, tn_value *result /* new */);
// Replaces the value of one that [type] itself was registered with. The type holds it until it is
// replaced again or the heap ends. TN_EATTRIBUTE; TN_EINVAL: [v] is absent.
TN_API tn_err tn_type_set(tn_type *type, const char *name, tn_value v);

// The attributes that are set: slots, a base's first, then the dictionary's in the order in which
// they were set. A new dict of names and values. NULL: out of memory.
#define tn_vars(o) tn_vars_at(o, TN_SITE())
TN_API tn_object *tn_vars_at(const tn_object *o, const tn_site *site); /* new */

// Gives [o] another type of the same layout: the same names of slots, size, flags, dictionary or
// not; neither has native bytes, hooks or a finalizer that the other lacks. TN_ETYPE, TN_ENOMEM.
TN_API tn_err tn_set_type(tn_object *o, tn_type *type);

// --- Slots as things -------------------------------------------------------------------------

// A slot of a type, found once and then used with every instance of the type or of a derived one.
typedef struct tn_slot {
    const tn_type *type; // borrowed
    size_t index;        // for tn_slot_get and the other calls that do not check
} tn_slot;

TN_API tn_err tn_slot_find(const tn_type *type, const char *name, tn_slot *slot); // TN_EATTRIBUTE
// TN_ETYPE: [o] is not of the slot's type. TN_EATTRIBUTE: it is not set.
TN_API tn_err tn_slot_read(tn_slot slot, const tn_object *o, tn_value *result /* new */);
TN_API tn_err tn_slot_write(tn_slot slot, tn_object *o, tn_value v); // TN_ETYPE; TN_EINVAL: absent

// --- What went wrong, in a sentence ----------------------------------------------------------

// About the last call of this header that failed with TN_EATTRIBUTE, TN_ETYPE or TN_EINVAL on
// [heap], such as "'User' object has no attribute 'email'". Empty before the first; at most 255
// bytes. Valid until the next one fails.
TN_API const char *tn_last_message(const tn_heap *heap); /* borrowed */
// For getters, setters and methods: makes the sentence the last message and returns [err].
TN_API tn_err tn_fail(tn_heap *heap, tn_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
