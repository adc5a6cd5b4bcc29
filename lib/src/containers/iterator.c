// SPDX-License-Identifier: MIT
//
// A dict or set says by a stamp that its members changed; no two changes of a heap have the same,
// until 2^32 of them have passed. A list has its length instead.
#include "containers/iterator.h"

#include "containers/dict.h"
#include "containers/set.h"

static size_t
stamp_of(const tn_object *o)
{
    switch (o->type) {
    case TNI_TYPE_DICT:
        return tni_dict_stamp(o);
    case TNI_TYPE_SET:
        return tni_set_stamp(o);
    case TNI_TYPE_LIST:
        return tn_list_len(o);
    default:
        return 0; // never changes
    }
}

tn_err
tn_iterate(const tn_object *container, tn_iterator *iterator)
{
    switch (container->type) {
    case TNI_TYPE_LIST:
    case TNI_TYPE_TUPLE:
    case TNI_TYPE_DICT:
    case TNI_TYPE_SET:
    case TNI_TYPE_FROZENSET:
        *iterator = (tn_iterator){container, 0, stamp_of(container)};
        return TN_OK;
    default:
        return TN_ETYPE;
    }
}

static void
step(tn_iterator *it, tn_value *item, tn_value *value)
{
    switch (it->container->type) {
    case TNI_TYPE_DICT:
        (void)tn_dict_next(it->container, &it->cursor, item, value);
        break;
    case TNI_TYPE_LIST:
        *item = tn_list_borrow(it->container, it->cursor++);
        break;
    case TNI_TYPE_TUPLE:
        *item = tn_tuple_borrow(it->container, it->cursor++);
        break;
    default:
        (void)tni_set_next(it->container, &it->cursor, item);
    }
}

tn_err
tn_iterator_next(tn_iterator *iterator, tn_value *item, tn_value *value)
{
    tn_value other;
    value = value != NULL ? value : &other;
    *item = *value = TN_ABSENT;
    if (stamp_of(iterator->container) != iterator->stamp)
        return TN_ECHANGED;
    step(iterator, item, value);
    return TN_OK;
}
