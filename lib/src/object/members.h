// SPDX-License-Identifier: MIT
//
// members: what a type and its bases say about a name.
#ifndef TNI_OBJECT_MEMBERS_H
#define TNI_OBJECT_MEMBERS_H

#include "object/type.h"

enum tni_member_kind { TNI_NO_MEMBER, TNI_SLOT, TNI_ATTRIBUTE, TNI_PROPERTY, TNI_METHOD };

// A class attribute, property or method of a type.
struct tni_member {
    const char *name;
    enum tni_member_kind kind;
    union {
        tn_value value; // of a class attribute: the type's reference
        struct {
            tn_getter *get;
            tn_setter *set;
        };
        tn_method *call;
    };
};

struct tni_found {
    enum tni_member_kind kind;
    size_t slot;               // its index
    struct tni_member *member; // of the other kinds
};

// The nearest: of the type itself, then of its base and so on, then of its mixins.
struct tni_found tni_member_find(const tn_type *type, const char *name);
// The type's own.
struct tni_found tni_member_find_own(const tn_type *type, const char *name);

// Gives the references of all types' class attributes back.
void tni_members_release(struct tni_objects *s);

static inline bool
tni_is_name(const char *a, const char *b)
{
    return a == b || __builtin_strcmp(a, b) == 0;
}

#endif
