// SPDX-License-Identifier: MIT
//
// window: which part of a list of numbered things is asked for, the last one first.
#ifndef ADMIN_WINDOW_H
#define ADMIN_WINDOW_H

#include "http/request.h"

struct window {
    size_t limit;
    uint64_t below; // the number of the last item of the page before; UINT64_MAX: from the start
};

// ?limit=, 50 by default and at most [most], and ?cursor=. False: the reply is filled with a
// problem.
bool window_read(struct request *r, size_t most, struct window *w);
// The same for a list without numbers: the cursor is how many items stand before.
bool window_read_offset(struct request *r, size_t most, size_t *limit, size_t *offset);
// Closes the list and tells the cursor of the next page; [last] 0: there is none.
void window_end(struct text *t, uint64_t last);
// A decimal number and nothing else.
bool window_read_number(struct span text, uint64_t *number);
// Parameter [name], from 1 to [most]; [count] stays as it is where it was not given. False: the
// reply is filled with a problem.
bool window_read_count(struct request *r, const char *name, size_t most, size_t *count);

#endif
