// SPDX-License-Identifier: MIT
//
// admin: the table of the admin plane's routes, and what its handlers find as their application.
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/dump.h"
#include "admin/growth.h"
#include "admin/quota.h"
#include "admin/snapshots.h"
#include "gc/operations.h"
#include "http/request.h"

struct admin {
    struct domain *domain;         // borrowed
    struct jobs *jobs;             // borrowed
    struct operations *operations; // borrowed
    struct listener *data_plane;   // borrowed; there before this plane is
    struct growth *growth;         // borrowed
    struct quota quota;            // the plane's thread's
    struct snapshots snapshots;    // likewise
    struct dumps dumps;            // dump.c's
};

// To be served with a struct admin as the application. Ended by a row of NULLs.
extern const struct route admin_routes[];

#endif
