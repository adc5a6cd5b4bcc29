// SPDX-License-Identifier: MIT
#include "containers/keyed.h"

#include "object/object.h"

#include <string.h>

static const uint32_t max_room = UINT32_C(1) << 30;

static size_t
table_size(uint32_t room, uint32_t width)
{
    return sizeof(struct tni_keyed) + (size_t)room * width * sizeof(tn_value) +
           tni_keyed_index_size(room) * sizeof(uint32_t);
}

size_t
tni_keyed_occupies(const struct tni_span *t, uint32_t width)
{
    return t->room == 0 ? 0 : tni_buffer_occupies(table_size(t->room, width));
}

bool
tni_keyed_alloc(struct tni_objects *s, struct tni_account *account, struct tni_span *t,
                uint32_t width, uint32_t room)
{
    struct tni_keyed *table =
        room <= max_room ? tni_buffer_alloc(&s->memory, account, table_size(room, width)) : NULL;
    if (table == NULL)
        return false;
    table->holes = table->stamp = 0;
    *t = (struct tni_span){table->values, 0, room};
    memset(tni_keyed_index(t, width), 0, tni_keyed_index_size(room) * sizeof(uint32_t));
    return true;
}

void
tni_keyed_free(struct tni_objects *s, struct tni_account *account, const struct tni_span *t,
               uint32_t width)
{
    if (t->room > 0)
        tni_buffer_free(&s->memory, account, tni_keyed_of(t), table_size(t->room, width));
}

void
tni_keyed_clear(struct tni_objects *s, struct tni_account *account, struct tni_span *t,
                uint32_t width)
{
    struct tni_span former = *t;
    *t = (struct tni_span){NULL, 0, 0};
    for (uint32_t i = 0; i < former.count; i++)
        tn_decref_value(former.values[i]);
    tni_keyed_free(s, account, &former, width);
}

static bool
is_sound(const struct tni_objects *s, const struct tni_span *t, uint32_t width, tn_value *entry)
{
    for (uint32_t i = 1; i < width; i++)
        if (tn_is_absent(entry[i]) != tn_is_absent(entry[0]))
            return false;
    if (tn_is_absent(entry[0]))
        return true;
    struct tni_key k = tni_key_of(s, entry[0]);
    return tni_keyed_find(t, width, &k) == entry;
}

bool
tni_keyed_check(const struct tni_objects *s, const struct tni_span *t, uint32_t width)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < t->count; i += width) {
        if (!is_sound(s, t, width, &t->values[i]))
            return false;
        len += !tn_is_absent(t->values[i]);
    }
    return len == tni_keyed_len(t, width) && t->count / width <= t->room;
}
