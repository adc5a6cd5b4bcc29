// SPDX-License-Identifier: MIT
//
// snapshots: what the tracers knew at some moments, and what has changed since.
#ifndef ADMIN_SNAPSHOTS_H
#define ADMIN_SNAPSHOTS_H

#include "http/request.h"

#include <tenure/snapshot.h>

enum { SNAPSHOTS_MOST = 8 };

struct kept_snapshot {
    uint64_t number; // 0: an empty place
    int64_t taken_at;
    size_t bytes; // that were in use
    tn_snapshot *snapshot;
};

// The plane has one thread, and these are its own.
struct snapshots {
    struct kept_snapshot kept[SNAPSHOTS_MOST];
    uint64_t last; // number
};

void snapshots_fini(struct snapshots *s);

handler_fn snapshots_take;   // POST /v1/memory/snapshots
handler_fn snapshots_list;   // GET
handler_fn snapshots_show;   // GET /v1/memory/snapshots/{id}
handler_fn snapshots_delete; // DELETE
handler_fn snapshots_top;    // GET /v1/memory/snapshots/{id}/top?group=&limit=
handler_fn snapshots_pprof;  // GET /debug/pprof/heap
handler_fn snapshots_diff;   // GET /v1/memory/diff?from=&to=&group=&limit=

#endif
