// SPDX-License-Identifier: MIT
//
// list: values in a row, in a buffer that grows by half.
#ifndef TNI_CONTAINERS_LIST_H
#define TNI_CONTAINERS_LIST_H

#include "object/type.h"
#include "tenure/containers.h"

extern const struct tni_builtin tni_list_type;

#endif
