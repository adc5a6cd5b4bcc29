// SPDX-License-Identifier: MIT
//
// attributes: what an object answers to a name. Joins what its type says with what its record or
// its dict holds.
#ifndef TNI_CONTAINERS_ATTRIBUTES_H
#define TNI_CONTAINERS_ATTRIBUTES_H

#include "tenure/tenure.h"

#endif
