// SPDX-License-Identifier: MIT
//
// dumped: heap dumps for tests: taken at once, and read back as JSON.
#ifndef TESTS_DUMPED_H
#define TESTS_DUMPED_H

#include "support.h"

#include <jansson.h>
#include <tenure/inspect.h>

// The records of the whole heap, taken in slices of [budget_ns].
FILE *dumped_records(tn_heap *heap, const tn_dump_options *options, uint64_t budget_ns); // new

typedef tn_err dumped_pass(FILE *records, FILE *out, tn_dump_counts *counts);
// What the pass writes, which must succeed.
char *dumped_text(dumped_pass *pass, FILE *records, tn_dump_counts *counts); // new
// The same as JSON; of NDJSON, an array with a value a line.
json_t *dumped_snapshot(FILE *records, tn_dump_counts *counts); // new
json_t *dumped_lines(FILE *records, tn_dump_counts *counts);    // new
// The line of the object with [serial]; NULL: there is none.
json_t *dumped_line(json_t *lines, uint64_t serial); // borrowed
bool dumped_has(const json_t *ids, uint64_t serial);

// Of a .heapsnapshot: a field of the [i]-th node, and its name.
json_int_t dumped_field(const json_t *snapshot, size_t i, size_t field);
const char *dumped_name(const json_t *snapshot, size_t i); // borrowed
// The node with [id]; -1: there is none.
long dumped_find(const json_t *snapshot, uint64_t id);

#endif
