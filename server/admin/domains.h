// SPDX-License-Identifier: MIT
//
// domains: what the memory of the service is for: the heaps' objects, their buffers, the tables of
// sessions; JSON, HTTP and the store.
#ifndef ADMIN_DOMAINS_H
#define ADMIN_DOMAINS_H

#include "admin/scope.h"

enum { DOMAINS_MOST = 16 };

struct domain_row {
    const char *name; // of the heaps', which live as long as the domain, or static
    int64_t bytes;
    int64_t blocks; // -1: nobody counts them
};

struct domain_rows {
    struct domain_row rows[DOMAINS_MOST];
    size_t count;
};

// Those of the heaps in [scope]; where it is all of them, those of the process too.
void domains_read(struct domain_rows *all, const struct domain *d, const struct scope *scope);
void domains_add_json(struct text *t, const struct domain_rows *all);

#endif
