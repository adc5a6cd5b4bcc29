// SPDX-License-Identifier: MIT
//
// types: what the objects of several heaps take, by type, those of one name added up.
#ifndef ADMIN_TYPES_H
#define ADMIN_TYPES_H

#include "admin/scope.h"

enum { TYPES_MOST = 256 };

// The names belong to the heaps, which live as long as the domain.
struct types {
    tn_usage rows[TYPES_MOST];
    size_t count;
};

void types_read(struct types *sum, const struct scope *scope);

#endif
