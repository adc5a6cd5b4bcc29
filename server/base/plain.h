// SPDX-License-Identifier: MIT
//
// plain: knows an object as nearly everybody sends it, without building what is in it.
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include "base/text.h"

// Whether [text] is an object that every reader of JSON takes: printable ASCII without an escape,
// numbers of at most 18 bytes without an exponent, no key twice, at most 16 levels, and at most 64
// keys in objects that are open at once. False: it is anything else, which may be right as well.
bool plain_is_object(struct span text);
// An object that is {"name":"value"} and no more, of at most 128 bytes, as nearly every reader
// sends it. False: as above.
bool plain_read_member(struct span text, const char *name, struct span *value /* borrowed */);

#endif
