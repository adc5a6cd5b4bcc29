// SPDX-License-Identifier: MIT
//
// admin: the table of the admin plane's routes, and what its handlers find as their application.
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "gc/jobs.h"
#include "http/request.h"

struct admin {
    struct domain *domain;       // borrowed
    struct jobs *jobs;           // borrowed
    struct listener *data_plane; // borrowed; there before this plane is
};

// To be served with a struct admin as the application. Ended by a row of NULLs.
extern const struct route admin_routes[];

#endif
