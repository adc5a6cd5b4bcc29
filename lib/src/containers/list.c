// SPDX-License-Identifier: MIT
#include "containers/list.h"

#include "object/object.h"

#include <string.h>

struct list {
    struct tni_span items;
};

static struct list *
list_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_LIST);
}

static bool
resize(const tn_object *o, struct list *list, size_t room, const tn_site *site)
{
    struct tni_objects *s = tni_objects_of(o);
    size_t size = list->items.room * sizeof(tn_value),
           new_size = tni_buffer_occupies(room * sizeof(tn_value));
    if (new_size / sizeof(tn_value) > UINT32_MAX)
        return false;
    s->memory.site = site;
    void *values = tni_buffer_resize(&s->memory, &s->types[TNI_TYPE_LIST]->account,
                                     list->items.values, size, new_size);
    if (values == NULL)
        return false;
    list->items.values = values;
    list->items.room = (uint32_t)(new_size / sizeof(tn_value));
    return true;
}

// A list that lost most of its items gives memory back; that it cannot is no error.
static void
shrink(const tn_object *o, struct list *list)
{
    if (list->items.count < list->items.room / 4 && list->items.room > 8)
        (void)resize(o, list, list->items.count * 3 / 2 + 2, NULL);
}

tn_object *
tn_list_new_at(tn_heap *heap, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    return tni_object_new(s, s->types[TNI_TYPE_LIST], site);
}

size_t
tn_list_len(const tn_object *o)
{
    return list_of(o)->items.count;
}

bool
tn_is_list(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_LIST);
}

tn_value
tn_list_borrow(const tn_object *o, size_t i)
{
    const struct list *list = list_of(o);
    return i < list->items.count ? list->items.values[i] : TN_ABSENT;
}

tn_value
tn_list_get(const tn_object *o, size_t i)
{
    return tn_incref_value(tn_list_borrow(o, i));
}

tn_err
tn_list_append_at(tn_object *o, tn_value v, const tn_site *site)
{
    struct list *list = list_of(o);
    if (tn_is_absent(v))
        return TN_EINVAL;
    size_t count = list->items.count;
    if (count == list->items.room && !resize(o, list, count == 0 ? 1 : count + count / 2 + 2, site))
        return TN_ENOMEM;
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    list->items.values[list->items.count++] = tn_incref_value(v);
    return TN_OK;
}

tn_err
tn_list_append_steal_at(tn_object *o, tn_value v, const tn_site *site)
{
    tn_err err = tn_list_append_at(o, v, site);
    tn_decref_value(v);
    return err;
}

tn_err
tn_list_set(tn_object *o, size_t i, tn_value v)
{
    struct list *list = list_of(o);
    if (i >= list->items.count)
        return TN_EINDEX;
    if (tn_is_absent(v))
        return TN_EINVAL;
#if TN_CHECKS > 0
    tni_check_store(o, v);
#endif
    tn_value former = list->items.values[i];
    list->items.values[i] = tn_incref_value(v);
    tn_decref_value(former);
    return TN_OK;
}

tn_err
tn_list_insert(tn_object *o, size_t i, tn_value v)
{
    struct list *list = list_of(o);
    size_t count = list->items.count;
    if (i > count)
        return TN_EINDEX;
    tn_err err = tn_list_append(o, v);
    if (err != TN_OK)
        return err;
    memmove(&list->items.values[i + 1], &list->items.values[i], (count - i) * sizeof(tn_value));
    list->items.values[i] = v;
    return TN_OK;
}

tn_err
tn_list_delete(tn_object *o, size_t i)
{
    struct list *list = list_of(o);
    if (i >= list->items.count)
        return TN_EINDEX;
    tn_value former = list->items.values[i];
    list->items.count--;
    memmove(&list->items.values[i], &list->items.values[i + 1],
            (list->items.count - i) * sizeof(tn_value));
    shrink(o, list);
    tn_decref_value(former);
    return TN_OK;
}

tn_err
tn_list_remove(tn_object *o, tn_value v)
{
    const struct list *list = list_of(o);
    for (size_t i = 0; i < list->items.count; i++)
        if (tn_is(list->items.values[i], v))
            return tn_list_delete(o, i);
    return TN_EKEY;
}

// From the end, as Python does. The list is empty before the first item is dropped.
void
tn_list_clear(tn_object *o)
{
    struct list *list = list_of(o), former = *list;
    struct tni_objects *s = tni_objects_of(o);
    *list = (struct list){{NULL, 0, 0}};
    while (former.items.count > 0)
        tn_decref_value(former.items.values[--former.items.count]);
    tni_buffer_free(&s->memory, &s->types[TNI_TYPE_LIST]->account, former.items.values,
                    former.items.room * sizeof(tn_value));
}

static size_t
list_size_of(const tn_object *o)
{
    const struct list *list = list_of(o);
    return list->items.room == 0 ? 0 : tni_buffer_occupies(list->items.room * sizeof(tn_value));
}

static bool
list_check(const tn_object *o)
{
    const struct list *list = list_of(o);
    for (size_t i = 0; i < list->items.count; i++)
        if (tn_is_absent(list->items.values[i]))
            return false;
    return list->items.count <= list->items.room &&
           (list->items.room == 0) == (list->items.values == NULL);
}

const struct tni_builtin tni_list_type = {
    .spec = {.name = "list",
             .native = sizeof(struct list),
             .clear = tn_list_clear,
             .size_of = list_size_of},
    .spilled = true,
    .check = list_check,
};
