// SPDX-License-Identifier: MIT
//
// Snapshots of what a tracer knows: statistics, comparisons, filters, files. Part of inspect.h.
//
// A snapshot is a copy: it needs neither its heap nor the tracer any more, and any one thread may
// read it. The strings and rows that it gives are borrowed from it.
#ifndef TENURE_SNAPSHOT_H
#define TENURE_SNAPSHOT_H

#include "tenure/trace.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_snapshot tn_snapshot;

// Copies what is known now; O(traces), nothing is symbolised here. TN_EOFF: nobody traces.
// TN_ENOMEM.
TN_API tn_err tn_snapshot_take(tn_heap *heap, tn_snapshot **snapshot /* new: tn_snapshot_free */);

// The same in steps, for who may hold the heap only for a moment: it goes on between two of them.
// What was known at the beginning is copied, each trace once, with its figures of the moment when
// it is copied; what comes later is left out. O(1). TN_EOFF, TN_ENOMEM.
TN_API tn_err tn_snapshot_begin(tn_heap *heap, tn_snapshot **snapshot /* new: tn_snapshot_free */);
// Copies at most [most] tracebacks or traces; [done]: that was all. Until then the snapshot may be
// freed and nothing else. Where the tracer was cleared meanwhile it begins anew. TN_EOFF: nobody
// traces any more. TN_ENOMEM: the same step may be tried again.
TN_API tn_err tn_snapshot_step(tn_heap *heap, tn_snapshot *snapshot, size_t most, bool *done);

TN_API void tn_snapshot_free(tn_snapshot *snapshot /* stolen */);
// Adds everything that [from] has, for programs with several heaps. TN_ENOMEM: nothing was added.
TN_API tn_err tn_snapshot_add(tn_snapshot *snapshot, const tn_snapshot *from);

// Everything that one traceback allocated for one type or domain under one tag. A frame is a
// tn_site; line 0: only the function is known.
typedef struct tn_snapshot_trace {
    const char *domain;    // "objects", "buffers", or the domain's name; borrowed
    const char *type;      // the type's or domain's name; borrowed
    const char *tag;       // "": none; borrowed
    const tn_site *frames; // the innermost first; borrowed
    size_t frame_count;    // at least 1
    size_t total_frames;   // those that were cut off too
    size_t bytes, count;   // in use
    size_t made_bytes, made_count;
} tn_snapshot_trace;

TN_API size_t tn_snapshot_len(const tn_snapshot *snapshot);
// False: there is no [i]-th.
TN_API bool tn_snapshot_get(const tn_snapshot *snapshot, size_t i, tn_snapshot_trace *trace);

// --- Statistics ----------------------------------------------------------------------------------

typedef enum tn_group {
    TN_BY_LINE, // of the innermost frame, as the next two
    TN_BY_FILE,
    TN_BY_FUNCTION,
    TN_BY_TRACEBACK,
    TN_BY_TYPE,
    TN_BY_DOMAIN,
    TN_BY_TAG,
} tn_group;

typedef struct tn_statistic {
    const tn_site *frames; // by line, file, function: one, with only that filled in; borrowed
    size_t frame_count;
    const char *name; // by type, domain, tag; "" otherwise; borrowed
    size_t size, count;
    int64_t size_diff, count_diff; // to the older snapshot; 0 without one
} tn_statistic;

typedef struct tn_statistics {
    tn_statistic *rows; // borrowed
    size_t count;
    bool is_diff;
} tn_statistics;

enum { TN_CUMULATIVE = 1 };

// Groups the blocks in use; the largest group comes first. With an [older] snapshot they are
// compared, and what changed the most comes first; what vanished has size 0. TN_CUMULATIVE: every
// frame of a traceback counts, but one that recursion repeats only once (Python counts it each
// time); by line, file or function only, TN_EINVAL otherwise. TN_ENOMEM. The rows live as long as
// both snapshots.
TN_API tn_err tn_snapshot_statistics(const tn_snapshot *snapshot, const tn_snapshot *older,
                                     tn_group group, unsigned flags, tn_statistics *result);
TN_API void tn_statistics_free(tn_statistics *statistics);

// As Python writes them: "x.c:7: size=1024 B, count=2, average=512 B". As snprintf.
TN_API int tn_statistic_format(const tn_statistic *row, bool is_diff, char *text, size_t size);
// The frames as Python's traceback.format() writes them, with the source line where the file can be
// read; [limit] frames, 0 all, the newest ones if positive, the oldest if negative; the oldest
// comes first unless [newest_first].
TN_API void tn_traceback_print(const tn_site *frames, size_t count, int limit, bool newest_first,
                               FILE *out);

// --- Filters -------------------------------------------------------------------------------------

typedef struct tn_filter {
    bool inclusive;     // keep what matches; false: leave it out
    bool all_frames;    // any frame may match, not only the innermost
    const char *file;   // glob, in which * stands for separators too; NULL: any; borrowed
    int line;           // 0: any
    const char *domain; // NULL: any; borrowed
} tn_filter;

// What matches one of the inclusive filters, if there is one, and none of the others. TN_ENOMEM.
TN_API tn_err tn_snapshot_filter(const tn_snapshot *snapshot, const tn_filter *filters,
                                 size_t count, tn_snapshot **result /* new: tn_snapshot_free */);

// --- Notes and files -----------------------------------------------------------------------------

// A note that goes with the snapshot, into its file too; replaces one of the same name. TN_ENOMEM.
TN_API tn_err tn_snapshot_set_note(tn_snapshot *snapshot, const char *name, const char *text);
TN_API const char *tn_snapshot_note(const tn_snapshot *snapshot, const char *name); /* borrowed */

// Text, a line a trace. TN_EFILE: it cannot be written, errno says why.
TN_API tn_err tn_snapshot_dump(const tn_snapshot *snapshot, FILE *out);
// TN_EFILE: it cannot be read; TN_EINVAL: it is not a snapshot. TN_ENOMEM.
TN_API tn_err tn_snapshot_load(FILE *in, tn_snapshot **snapshot /* new: tn_snapshot_free */);

// --- For other tools -----------------------------------------------------------------------------

// A gzipped heap profile for pprof, with Go's sample types: what was allocated ever and what is in
// use, by objects and bytes; labels for type, domain and route (the tag). TN_EFILE, TN_ENOMEM.
TN_API tn_err tn_snapshot_write_pprof(const tn_snapshot *snapshot, FILE *out);
// Collapsed stacks for flame graphs: the outermost frame first, the type last, then the bytes in
// use. TN_EFILE.
TN_API tn_err tn_snapshot_write_collapsed(const tn_snapshot *snapshot, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
