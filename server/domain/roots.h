// SPDX-License-Identifier: MIT
//
// roots: what outside of a heap's objects holds one of them, in words.
//
// The table of live sessions holds a reference to each, the shard one to the map of users, and to
// the users who are kept (cache.keep). Every other reference from outside belongs to work on its
// way (a request, a write, a load), or to a variable that somebody forgot. Locking: the shard's.
#ifndef DOMAIN_ROOTS_H
#define DOMAIN_ROOTS_H

#include "domain/shard.h"

// Of an object that something else than objects refers to.
const char *roots_name(const struct shard *s, const tn_object *o); /* borrowed */

#endif
