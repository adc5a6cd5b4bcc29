// SPDX-License-Identifier: MIT
//
// lanes: the writers and loaders that ask a store side by side, and which of them a shard goes to.
#include "store/lanes.h"

#include "store/places.h"

#include <stdlib.h>

struct lane {
    struct writer *writer;
    struct loader *loader; // NULL once it was stopped
};

struct lanes {
    struct places changes, lookups;
    size_t count;
    struct lane lane[];
};

static bool
start(struct lanes *l, struct lane *lane, struct store *store, const struct config *config)
{
    lane->writer = writer_start(store, &l->changes);
    lane->loader = loader_start(store, &l->lookups);
    if (lane->writer)
        writer_set_patience(lane->writer, config->http_work_timeout_ms);
    if (lane->loader)
        loader_set_patience(lane->loader, config->http_work_timeout_ms);
    return lane->writer && lane->loader;
}

struct lanes *
lanes_start(struct store *store, const struct config *config)
{
    size_t count = store->is_shared ? (size_t)config->store_lanes : 1;
    struct lanes *l = calloc(1, sizeof *l + count * sizeof l->lane[0]);
    if (!l)
        return NULL;
    l->changes.limit = (size_t)config->store_queue;
    l->lookups.limit = (size_t)config->store_lookups;
    bool started = true;
    while (started && l->count < count)
        started = start(l, &l->lane[l->count++], store, config);
    if (started)
        return l;
    lanes_stop(l);
    return NULL;
}

struct writer *
lanes_writer(struct lanes *l, size_t shard)
{
    return l->lane[shard % l->count].writer;
}

struct loader *
lanes_loader(struct lanes *l, size_t shard)
{
    return l->lane[shard % l->count].loader;
}

bool
lanes_hang(const struct lanes *l)
{
    bool hang = false;
    for (size_t i = 0; i < l->count; i++)
        hang |= writer_hangs(l->lane[i].writer) || loader_hangs(l->lane[i].loader);
    return hang;
}

void
lanes_flush(struct lanes *l)
{
    for (size_t i = 0; i < l->count; i++)
        writer_flush(l->lane[i].writer);
}

struct writer_stats
lanes_writer_stats(struct lanes *l)
{
    struct writer_stats sum = {0};
    for (size_t i = 0; i < l->count; i++) {
        struct writer_stats one = writer_get_stats(l->lane[i].writer);
        sum.batches += one.batches;
        sum.changes += one.changes;
        sum.failed += one.failed;
        sum.failed_batches += one.failed_batches;
        sum.waiting += one.waiting;
        histogram_add_all(&sum.time, &one.time);
    }
    return sum;
}

struct loader_stats
lanes_loader_stats(struct lanes *l)
{
    struct loader_stats sum = {0};
    for (size_t i = 0; i < l->count; i++) {
        struct loader_stats one = loader_get_stats(l->lane[i].loader);
        sum.waiting += one.waiting;
        sum.failed += one.failed;
        histogram_add_all(&sum.time, &one.time);
    }
    return sum;
}

void
lanes_stop_loaders(struct lanes *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->lane[i].loader)
            loader_stop(l->lane[i].loader);
        l->lane[i].loader = NULL;
    }
}

void
lanes_stop(struct lanes *l)
{
    if (!l)
        return;
    lanes_stop_loaders(l);
    for (size_t i = 0; i < l->count; i++)
        if (l->lane[i].writer)
            writer_stop(l->lane[i].writer);
    free(l);
}
