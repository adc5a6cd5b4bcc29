// SPDX-License-Identifier: MIT
//
// description: /openapi.json of the admin plane.
#ifndef ADMIN_DESCRIPTION_H
#define ADMIN_DESCRIPTION_H

#include "http/request.h"

void description_show(struct request *r);

#endif
