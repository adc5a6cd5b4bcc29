// SPDX-License-Identifier: MIT
//
// traffic: what both planes have served, for metrics.
#ifndef ADMIN_TRAFFIC_H
#define ADMIN_TRAFFIC_H

#include "base/exposition.h"
#include "http/listener.h"

void traffic_add(struct exposition *e, struct listener *data, struct listener *admin);

#endif
