// SPDX-License-Identifier: MIT
//
// Memory by line: marks in a C function give memory_profiler's report, with exact bytes. Part of
// inspect.h.
//
//     tn_object *
//     my_function(tn_heap *heap, tn_profiler *p)
//     {
//         TN_PROFILE(p);
//         tn_object *a = tn_list_new(heap); TN_LINE(p);
//         fill(a, 1000000);                 TN_LINE(p);
//         return TN_RETURN(p, a);
//     }
//
// Without a profiler, NULL, the marks cost one branch each.
#ifndef TENURE_PROFILE_H
#define TENURE_PROFILE_H

#include "tenure/tenure.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_profiler tn_profiler;

// Counts the bytes of [heap]; to be freed before it. NULL: out of memory.
TN_API tn_profiler *tn_profiler_new(tn_heap *heap); /* new: tn_profiler_free */
TN_API void tn_profiler_free(tn_profiler *p /* stolen, may be NULL */);

// The function begins here.
#define TN_PROFILE(p) tn_profiler_enter(p, TN_SITE())
// The line has run: what changed since the last mark of this call is its increment.
#define TN_LINE(p) tn_profiler_line(p, TN_SITE())
// The function ends here; also a line.
#define TN_LEAVE(p) tn_profiler_leave(p, TN_SITE())
// The same as an expression with the value of [value].
#define TN_RETURN(p, value)                                                                        \
    (__extension__({                                                                               \
        __typeof__(value) tn_returned_ = (value);                                                  \
        TN_LEAVE(p);                                                                               \
        tn_returned_;                                                                              \
    }))

TN_API void tn_profiler_enter(tn_profiler *p, const tn_site *site);
TN_API void tn_profiler_line(tn_profiler *p, const tn_site *site);
TN_API void tn_profiler_leave(tn_profiler *p, const tn_site *site);

// While it is off, marks do nothing. Counted: off twice needs on twice; a fresh one is on.
TN_API void tn_profiler_off(tn_profiler *p);
TN_API void tn_profiler_on(tn_profiler *p);

typedef struct tn_line {
    int line;
    size_t usage;      // the most bytes in the heap after it
    int64_t increment; // the sum of what each execution added
    size_t occurrences;
} tn_line;

// The lines of [function] that ran, in their order. Fills at most [max] rows and returns how many
// there are.
TN_API size_t tn_profiler_get(const tn_profiler *p, const char *function, tn_line *rows,
                              size_t max);
// Marks that could not be noted, for want of memory.
TN_API size_t tn_profiler_lost(const tn_profiler *p);

// memory_profiler's report of each function that ran, in MiB with [precision] decimals (1 is its
// default). Source lines are read from files relative to [root]; NULL: the working directory.
// TN_EFILE.
TN_API tn_err tn_profiler_report(const tn_profiler *p, int precision, const char *root, FILE *out);

// From here on each mark writes "MEM MiB seconds", each end of a function "FUNC name MiB seconds
// MiB seconds" as memory_profiler's mprof does; NULL stops. The stream is borrowed.
TN_API void tn_profiler_timeline(tn_profiler *p, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
