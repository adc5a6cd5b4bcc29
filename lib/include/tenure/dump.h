// SPDX-License-Identifier: MIT
//
// Heap dumps: every object and who refers to whom, for tools that draw it. Part of inspect.h.
//
// A dump is taken in slices, between which anything may happen to the heap, and goes into a file of
// records that nobody but this header reads. Later passes turn that file into what other tools
// open; they need neither the heap nor its lock:
//
//     FILE *records = tmpfile();
//     tn_dump *dump;
//     bool more = tn_dump_begin(heap, NULL, &dump) == TN_OK;
//     while (more && tn_dump_step(dump, 1000000, &more) == TN_OK) // with the heap
//         tn_dump_flush(dump, records);                           // without it
//     tn_dump_end(dump);
//     tn_dump_write_heapsnapshot(records, stdout, NULL);
//
// Several heaps may be dumped into one file, one after the other.
//
// An object is written if it is there when the walk comes to it. A reference to one that is never
// written, because it was born behind the walk or died before it, is left out of everything that
// the passes write, and counted as dropped. A heap that nobody changes drops none.
//
// Objects are named by their serial (tn_serial), which the first dump gives them: 8 bytes a slot of
// their pages, and a destruction there looks for it. So ids are the same in each dump of a process.
#ifndef TENURE_DUMP_H
#define TENURE_DUMP_H

#include "tenure/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

// --- Taking one ----------------------------------------------------------------------------------

typedef struct tn_dump tn_dump;

typedef struct tn_dump_options {
    const char *name;    // what the heap is called; NULL: "heap"
    bool include_values; // of strings the first TN_DUMP_VALUE bytes, and integers and floats; what
                         // a type has in its own bytes is never written
} tn_dump_options;

enum { TN_DUMP_VALUE = 1024 };

// [options] may be NULL. One dump of a heap at a time, and no walk in slices of inspect.h with it:
// TN_EBUSY. To be ended before its heap. TN_ENOMEM.
TN_API tn_err tn_dump_begin(tn_heap *heap, const tn_dump_options *options,
                            tn_dump **dump /* new: tn_dump_end */);
// Writes the next objects into memory of the dump, for [budget_ns] or until a mebibyte waits there;
// 0: as little as possible. An object's references take several slices where they are many, but for
// those that its type's traverse reports. [more] is false when everything was written. TN_ENOMEM:
// the dump is good for nothing but tn_dump_end, the heap is unchanged.
TN_API tn_err tn_dump_step(tn_dump *dump, uint64_t budget_ns, bool *more);
// Appends what waits to [records]. Uses nothing of the heap: the heap's lock is better not held.
// TN_EFILE.
TN_API tn_err tn_dump_flush(tn_dump *dump, FILE *records);
// What was not flushed is lost.
TN_API void tn_dump_end(tn_dump *dump /* stolen, may be NULL */);

// --- Passes over a file of records ---------------------------------------------------------------

// Each reads [records] from its beginning, several times, so it must be a file that is open for
// reading too. RAM for 16 bytes an object, and names. TN_EINVAL: these are no records, or not all
// of them. TN_EFILE: [out] cannot be written, errno says why. TN_ENOMEM.

typedef struct tn_dump_counts {
    size_t objects; // that were written
    size_t edges;   // references between them
    size_t dropped; // references that were left out
} tn_dump_counts;

TN_API tn_err tn_dump_count(FILE *records, tn_dump_counts *counts);

// For V8's tools, such as the Memory panel of Chrome's DevTools, which wants the file's name to end
// in .heapsnapshot. Below the root stands a node for each heap, which holds what something outside
// of the heap's objects holds; buffers of domains are nodes too. Weak references are edges that do
// not retain. Where the heap was traced, objects have allocation stacks. Sizes are cut off at 4
// GiB. Tracebacks of more than one frame can be read in the process that took the dump.
TN_API tn_err tn_dump_write_heapsnapshot(FILE *records, FILE *out,
                                         tn_dump_counts *counts /* may be NULL */);

// A JSON object a line for each object: id, heap, type, bytes, references (its count), generation
// (0 to 2, "frozen" or "untracked"), refs and weak (ids), site (file, line, function; null:
// unknown), and value where the dump has it. For jq.
TN_API tn_err tn_dump_write_ndjson(FILE *records, FILE *out,
                                   tn_dump_counts *counts /* may be NULL */);

// The objects by traceback and type, for tn_snapshot_write_collapsed and tn_snapshot_write_pprof;
// of what was not traced, the type alone. Buffers count with their objects, or for their domain.
TN_API tn_err tn_dump_snapshot(FILE *records, tn_dump_counts *counts /* may be NULL */,
                               tn_snapshot **snapshot /* new: tn_snapshot_free */);

#ifdef __cplusplus
}
#endif
#endif
