// SPDX-License-Identifier: MIT
//
// api: the table of the data plane's routes.
#ifndef API_API_H
#define API_API_H

#include "http/request.h"

// To be served with a struct domain as the application. Ended by a row of NULLs.
extern const struct route api_routes[];

#endif
