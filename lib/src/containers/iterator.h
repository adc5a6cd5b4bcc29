// SPDX-License-Identifier: MIT
//
// iterator: a walk over a container that notices when the container changes.
#ifndef TNI_CONTAINERS_ITERATOR_H
#define TNI_CONTAINERS_ITERATOR_H

#include "tenure/containers.h"

#endif
