// SPDX-License-Identifier: MIT
//
// domains: each shard's lock is held while the headers of its pages are read; the rest is counted
// by the ledger and by SQLite itself.
#include "admin/domains.h"

#include "base/ledger.h"
#include "store/db.h"

#include <string.h>

static void
add_row(struct domain_rows *all, const char *name, int64_t bytes, int64_t blocks)
{
    size_t i = 0;
    while (i < all->count && strcmp(all->rows[i].name, name) != 0)
        i++;
    if (i == DOMAINS_MOST)
        return;
    if (i == all->count)
        all->rows[all->count++] = (struct domain_row){.name = name};
    all->rows[i].bytes += bytes;
    all->rows[i].blocks += blocks;
}

static void
add_shard(struct domain_rows *all, struct shard *s)
{
    tn_usage rows[DOMAINS_MOST];
    shard_take(s);
    size_t count = tn_domains_get(s->heap, rows, DOMAINS_MOST);
    shard_give(s);
    for (size_t i = 0; i < count && i < DOMAINS_MOST; i++)
        add_row(all, rows[i].name, (int64_t)rows[i].bytes, (int64_t)rows[i].objects);
}

// Only of objects does a heap know how many there are.
static void
forget_blocks(struct domain_rows *all)
{
    for (size_t i = 1; i < all->count; i++)
        all->rows[i].blocks = -1;
}

static void
add_process(struct domain_rows *all)
{
    for (int i = 0; i < LEDGER_DOMAINS; i++) {
        struct ledger_sum sum = ledger_read((enum ledger_domain)i);
        add_row(all, ledger_domain_name((enum ledger_domain)i), sum.bytes, sum.blocks);
    }
    struct ledger_sum library = db_read_memory();
    add_row(all, ledger_domain_name(LEDGER_STORE), library.bytes, library.blocks);
}

void
domains_read(struct domain_rows *all, const struct domain *d, const struct scope *scope)
{
    all->count = 0;
    for (unsigned i = 0; i < scope->count; i++)
        add_shard(all, &scope->shards[i]);
    forget_blocks(all);
    if (scope->count == d->shard_count)
        add_process(all);
}

void
domains_add_json(struct text *t, const struct domain_rows *all)
{
    for (size_t i = 0; i < all->count; i++) {
        text_adds(t, i > 0 ? ",{\"domain\":" : "{\"domain\":");
        text_add_json(t, span_of(all->rows[i].name));
        text_addf(t, ",\"bytes\":%lld", (long long)all->rows[i].bytes);
        if (all->rows[i].blocks >= 0)
            text_addf(t, ",\"blocks\":%lld", (long long)all->rows[i].blocks);
        text_adds(t, "}");
    }
}
