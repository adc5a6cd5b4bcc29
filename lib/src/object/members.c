// SPDX-License-Identifier: MIT
#include "object/members.h"

struct tni_found
tni_member_find_own(const tn_type *type, const char *name)
{
    for (size_t i = type->base != NULL ? type->base->slot_count : 0; i < type->slot_count; i++)
        if (tni_is_name(type->slots[i], name))
            return (struct tni_found){TNI_SLOT, i, NULL};
    for (size_t i = 0; i < type->member_count; i++)
        if (tni_is_name(type->members[i].name, name))
            return (struct tni_found){type->members[i].kind, 0, &type->members[i]};
    return (struct tni_found){TNI_NO_MEMBER, 0, NULL};
}

// As deep as there are bases of bases; types are registered one by one.
struct tni_found
tni_member_find(const tn_type *type, const char *name)
{
    struct tni_found found = tni_member_find_own(type, name);
    if (found.kind == TNI_NO_MEMBER && type->base != NULL)
        found = tni_member_find(type->base, name);
    for (size_t i = 0; found.kind == TNI_NO_MEMBER && i < type->mixin_count; i++)
        found = tni_member_find(type->mixins[i], name);
    return found;
}

static void
release(tn_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        struct tni_member *m = &type->members[i];
        tn_value former = m->kind == TNI_ATTRIBUTE ? m->value : TN_ABSENT;
        if (m->kind == TNI_ATTRIBUTE)
            m->value = TN_NONE;
        tn_decref_value(former);
    }
}

void
tni_members_release(struct tni_objects *s)
{
    for (uint32_t i = 1; i < s->type_count; i++)
        release(s->types[i]);
}
