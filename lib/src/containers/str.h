// SPDX-License-Identifier: MIT
//
// str: immutable bytes with their length and hash. Short ones stand in the object itself.
#ifndef TNI_CONTAINERS_STR_H
#define TNI_CONTAINERS_STR_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_str_type;

uint64_t tni_hash_bytes(const struct tni_objects *s, const char *data, size_t len); // never 0
bool tni_str_is(const tn_object *str, const char *data, size_t len);

#endif
