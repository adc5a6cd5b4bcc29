// SPDX-License-Identifier: MIT
//
// query: what stands behind the question mark.
//
// Every function that returns false has filled the reply with a problem.
#ifndef API_QUERY_H
#define API_QUERY_H

#include "http/request.h"

// "expand" may name the user and nothing else.
bool query_expand(struct request *r, bool *user);

// Parameter [name], which the call cannot do without.
bool query_require(struct request *r, const char *name, struct span *value /* borrowed */);

// Which part of a list is asked for.
struct page {
    size_t limit;
    int64_t after; // the key of the last item of the page before; 0: from the start
};
bool query_page(struct request *r, struct page *page);
void query_add_cursor(struct text *t, int64_t last); // a JSON string that query_page reads
bool query_read_cursor(const char *text, int64_t *last);
bool query_limit(struct request *r, size_t *limit); // of a list with a cursor of its own

#endif
