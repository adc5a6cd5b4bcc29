// SPDX-License-Identifier: MIT
//
// purpose: what the calling thread works for at the moment, so that memory can be counted for it.
#ifndef BASE_PURPOSE_H
#define BASE_PURPOSE_H

// [name] must outlive every heap that is used under it; NULL: nothing in particular.
void purpose_set(const char *name /* borrowed */);
const char *purpose_get(void); /* borrowed */

#endif
