// SPDX-License-Identifier: MIT
//
// misuse: the program's own mistakes, told in checked builds with type, address and call site
// before they end the program.
//
// Invariant: nothing here changes an object; a program without a mistake runs as if it were not
// there.
#ifndef TNI_OBJECT_MISUSE_H
#define TNI_OBJECT_MISUSE_H

#include "object/type.h"

// Reports "a TYPE at ADDRESS, made by FUNCTION at FILE:LINE, [what]" and ends the program; a
// release does not know who made it. [o] may be freed already.
__attribute__((noreturn, cold)) void tni_misuse(const tn_object *o, const char *what);

// tni_drop_children of an object that dies, and a check that each child lost as many references as
// the type's traverse hooks reported.
void tni_drop_children_checked(const tn_type *type, tn_object *o);

#endif
