// SPDX-License-Identifier: MIT
//
// health: ready means loaded, not draining, and a store that answers.
#include "admin/health.h"

#include "admin/admin.h"
