// SPDX-License-Identifier: MIT
//
// lanes: the writers and loaders that ask a store side by side, and which of them a shard goes to.
//
// A lane is a writer and a loader. All that a shard asks goes to one lane, so it stays in the order
// in which it was asked, and what several lanes do at a time is about different users. A store of
// one file has one lane.
#ifndef STORE_LANES_H
#define STORE_LANES_H

#include "store/loader.h"
#include "store/writer.h"

struct lanes;

// One unless the store is shared. All of them together have the places of store.queue and
// store.lookups, and what takes longer than http.work_timeout hangs. NULL: out of memory, or of
// threads.
struct lanes *lanes_start(struct store *store, const struct config *config); /* new */
struct writer *lanes_writer(struct lanes *l, size_t shard);                  /* borrowed */
struct loader *lanes_loader(struct lanes *l, size_t shard);                  /* borrowed */
bool lanes_hang(const struct lanes *l);                                      // one of them does
// Returns when every change submitted before is durable or has failed.
void lanes_flush(struct lanes *l);
struct writer_stats lanes_writer_stats(struct lanes *l); // sums
struct loader_stats lanes_loader_stats(struct lanes *l);
// Everything that was asked is answered first. A lookup may still submit a change, so the loaders
// end before the writers.
void lanes_stop_loaders(struct lanes *l);
void lanes_stop(struct lanes *l /* stolen; may be NULL */); // with loaders that still run

#endif
