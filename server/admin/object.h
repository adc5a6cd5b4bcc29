// SPDX-License-Identifier: MIT
//
// object: an object of a heap by its oid, which is its serial and no address, and what may be told
// of it.
#ifndef ADMIN_OBJECT_H
#define ADMIN_OBJECT_H

#include "domain/domain.h"
#include "http/request.h"

// What is told of an object, as of one moment.
struct object_row {
    uint64_t oid;
    const char *type; // the heap's, which lives as long as the domain
    size_t bytes;
    uint32_t references;
    int generation; // -1: the collector does not look at it
    bool frozen;
    unsigned shard;
    const tn_site *site; // NULL: unknown
};

// False: no memory for an oid.
bool object_read(struct object_row *row, const struct shard *s, const tn_object *o);
void object_add_row(struct text *t, const struct object_row *row); // without the closing brace
void object_add_site(struct text *t, const tn_site *site);         // null for none
// Where a reference stands. The keys of a dict are contents: without [values] they are left out.
void object_add_place(struct text *t, const char *place, bool values);

// The oid of the path. False: the reply is filled with a problem.
bool object_read_oid(struct request *r, uint64_t *oid);
// Finds the object and takes its shard's lock. NULL: there is none, no lock was taken, and the
// reply is filled with a problem.
tn_object *object_take(struct request *r, uint64_t oid, struct shard **shard); /* new */
void object_give(struct shard *s, tn_object *o /* stolen */);
// 410, or 404 for one that there never was.
void object_refuse(struct request *r, uint64_t oid);
// Whether the caller wants contents of strings, and may have them. False: the reply is filled with
// a problem.
bool object_read_values(struct request *r, bool *values);

#endif
