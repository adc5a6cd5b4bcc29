// SPDX-License-Identifier: MIT
//
// describe: the description of the data plane (OpenAPI 3.1), which is api/openapi.json as it is.
#ifndef API_DESCRIBE_H
#define API_DESCRIBE_H

#include "http/request.h"

void describe_show(struct request *r);

#endif
