// SPDX-License-Identifier: MIT
//
// info: what runs here, since when, and with which configuration.
#ifndef ADMIN_INFO_H
#define ADMIN_INFO_H

#include "http/request.h"

handler_fn info_show;        // GET /v1/info
handler_fn info_show_config; // GET /v1/config

handler_fn info_set_log_level; // PUT /v1/log-level {level}

#endif
