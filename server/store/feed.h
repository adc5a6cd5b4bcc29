// SPDX-License-Identifier: MIT
//
// feed: what other instances changed, and a proof of how long ago nothing could have been missed.
//
// Every quarter of the bound the feed notifies a beat of its own. Notices arrive in the order of
// the commits, so when a beat comes back, everything that was committed before it was sent has been
// told. Whatever was read from the store at a time after the feed began to listen is therefore
// still true as of that beat; what was read before is true only as of its own time.
// A feed that lost its connection tells [lost] and begins again. Any thread may ask.
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "base/histogram.h"
#include "store/store.h"

struct feed;

// [number] is of our beats, [ours] the one that our notices carry, which are not told; it must
// outlive the feed. Where it is 0, or another one by then, they are told as anybody's.
struct feed *feed_start(const char *conninfo, int64_t number, const _Atomic int64_t *ours,
                        int64_t bound_ms, const struct listener_ops *to); /* new */
void feed_stop(struct feed *f /* stolen */);
// The latest time, monotonic, as of which what was read at [read_ns] is known to be still true.
uint64_t feed_true_as_of(const struct feed *f, uint64_t read_ns);
// Everything that was read is of its own time again: it may have been missed what changed it.
void feed_doubt(struct feed *f);

struct feed_stats {
    bool is_up; // its beat is younger than half of the bound
    uint64_t notices, beats, losses;
    double age_seconds;         // since the last beat that came back was sent; negative: none has
    struct histogram beat_time; // from sending a beat to hearing it: how late a change is seen
};

struct feed_stats feed_get_stats(const struct feed *f);

#endif
