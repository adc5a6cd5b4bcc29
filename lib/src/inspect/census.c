// SPDX-License-Identifier: MIT
#include "inspect/census.h"

#include "object/type.h"

struct tn_census {
    struct tni_objects *s;
    uint32_t count; // of [accounts], by the index of their types
    struct tni_account accounts[];
};

static size_t
size_of(const struct tni_objects *s)
{
    return sizeof(tn_census) + s->type_count * sizeof(struct tni_account);
}

tn_census *
tn_census_new(tn_heap *heap)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    tn_census *c = tni_table_resize(&s->memory, NULL, 0, size_of(s));
    if (c == NULL)
        return NULL;
    c->s = s;
    c->count = s->type_count;
    for (uint32_t i = 0; i < c->count; i++)
        c->accounts[i] = i == TNI_TYPE_NONE ? (struct tni_account){0, 0} : s->types[i]->account;
    return c;
}

void
tn_census_free(tn_census *c)
{
    if (c != NULL)
        tni_table_resize(&c->s->memory, c, sizeof *c + c->count * sizeof(struct tni_account), 0);
}

static tn_census_row
row_of(const tn_census *c, const tn_census *before, uint32_t type)
{
    struct tni_account now = type < c->count ? c->accounts[type] : (struct tni_account){0, 0};
    struct tni_account then = {0, 0};
    if (before != NULL && type < before->count)
        then = before->accounts[type];
    return (tn_census_row){c->s->types[type]->name, now.objects, now.bytes,
                           (int64_t)(now.objects - then.objects),
                           (int64_t)(now.bytes - then.bytes)};
}

static bool
is_empty(const tn_census_row *row)
{
    return row->objects == 0 && row->bytes == 0 && row->more_objects == 0 && row->more_bytes == 0;
}

// Behind those that grew as much or more.
static void
insert(tn_census_row *rows, size_t count, size_t max, tn_census_row row)
{
    size_t at = count < max ? count : max;
    for (; at > 0 && rows[at - 1].more_bytes < row.more_bytes; at--)
        if (at < max)
            rows[at] = rows[at - 1];
    if (at < max)
        rows[at] = row;
}

size_t
tn_census_get(const tn_census *c, const tn_census *before, tn_census_row *rows, size_t max)
{
    size_t count = 0;
    for (uint32_t type = 1; type < c->count; type++) {
        tn_census_row row = row_of(c, before, type);
        if (is_empty(&row))
            continue;
        insert(rows, count, max, row);
        count++;
    }
    return count;
}
