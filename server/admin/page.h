// SPDX-License-Identifier: MIT
//
// page: the dashboard's files, which hold no data and are open to everybody.
#ifndef ADMIN_PAGE_H
#define ADMIN_PAGE_H

#include "http/request.h"

handler_fn page_show;       // GET /
handler_fn page_show_asset; // GET /assets/{file}

#endif
