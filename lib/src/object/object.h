// SPDX-License-Identifier: MIT
//
// object: making one, and what every object answers.
#ifndef TNI_OBJECT_OBJECT_H
#define TNI_OBJECT_OBJECT_H

#include "object/rules.h"
#include "object/type.h"

// A tracked (unless acyclic), zeroed instance with one reference. NULL: out of memory.
tn_object *tni_object_new(struct tni_objects *s, tn_type *type, const tn_site *site); /* new */
// The same in another size class, for a type whose instances differ in size or in what they hold.
tn_object *tni_object_new_sized(struct tni_objects *s, tn_type *type, size_t size, bool tracked,
                                const tn_site *site); /* new */

// Notes [o] among the disturbed.
void tni_disturb(struct tni_objects *s, tn_object *o);

// Notes [o] in the current suspect plane, as [rule] demands. Once noted, nothing.
void tni_log_by(tn_object *o, enum tni_rule rule);

#endif
