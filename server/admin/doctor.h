// SPDX-License-Identifier: MIT
//
// doctor: gathers what the diagnosis needs.
#ifndef ADMIN_DOCTOR_H
#define ADMIN_DOCTOR_H

#include "http/request.h"

handler_fn doctor_show; // GET /v1/doctor

#endif
