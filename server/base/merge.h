// SPDX-License-Identifier: MIT
//
// merge: a JSON merge patch (RFC 7396) from text to text, so that numbers stay as they are written.
#ifndef BASE_MERGE_H
#define BASE_MERGE_H

#include "base/text.h"

// Adds [target] as [patch] makes it. Both are values that json_read accepted, [patch] without white
// space between its tokens; an absent [target] is none. Members of the target keep their places,
// new ones follow. Takes O((n + m) log m) for n members of the target and m of the patch.
void merge_patch(struct text *t, struct span target, struct span patch);

#endif
