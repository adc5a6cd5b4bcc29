// SPDX-License-Identifier: MIT
//
// types: each shard's lock is held while its rows are copied.
#include "admin/types.h"

#include <string.h>

static void
add_row(struct types *sum, const tn_usage *row)
{
    size_t i = 0;
    while (i < sum->count && strcmp(sum->rows[i].name, row->name) != 0)
        i++;
    if (i == TYPES_MOST)
        return;
    if (i == sum->count)
        sum->rows[sum->count++] = (tn_usage){.name = row->name};
    sum->rows[i].objects += row->objects;
    sum->rows[i].bytes += row->bytes;
}

void
types_read(struct types *sum, const struct scope *scope)
{
    sum->count = 0;
    for (unsigned i = 0; i < scope->count; i++) {
        struct shard *s = &scope->shards[i];
        tn_usage rows[TYPES_MOST];
        shard_take(s);
        size_t count = tn_usage_get(s->heap, rows, TYPES_MOST);
        shard_give(s);
        for (size_t k = 0; k < count && k < TYPES_MOST; k++)
            add_row(sum, &rows[k]);
    }
}
