// SPDX-License-Identifier: MIT
//
// pg_array: a column of values as one parameter of a statement.
//
// Integers of the network's order: how many dimensions there are, whether a value may be NULL, the
// type, and of the only dimension the length and the first index. Then come the values, each
// behind its own length, which is -1 for NULL.
#include "store/pg_array.h"

#include <endian.h>
#include <string.h>

enum { COUNT_AT = 3 * sizeof(uint32_t) };

static void
add_u32(struct text *t, uint32_t i)
{
    uint32_t wire = htobe32(i);
    text_add(t, (const char *)&wire, sizeof wire);
}

void
pg_array_init(struct pg_array *a, enum pg_type type)
{
    a->count = 0;
    text_init(&a->bytes);
    add_u32(&a->bytes, 1);
    add_u32(&a->bytes, 1);
    add_u32(&a->bytes, type);
    add_u32(&a->bytes, 0);
    add_u32(&a->bytes, 1);
}

void
pg_array_fini(struct pg_array *a)
{
    text_fini(&a->bytes);
}

// One more than there were.
static void
count_value(struct pg_array *a)
{
    uint32_t wire = htobe32(++a->count);
    if (!a->bytes.failed)
        memcpy(a->bytes.data + COUNT_AT, &wire, sizeof wire);
}

void
pg_array_add_int(struct pg_array *a, int64_t i)
{
    uint64_t wire = htobe64((uint64_t)i);
    pg_array_add_bytes(a, (struct span){(const char *)&wire, sizeof wire});
}

void
pg_array_add_bytes(struct pg_array *a, struct span s)
{
    add_u32(&a->bytes, s.data ? (uint32_t)s.len : UINT32_MAX);
    if (s.data)
        text_add(&a->bytes, s.data, s.len);
    count_value(a);
}
