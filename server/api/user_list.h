// SPDX-License-Identifier: MIT
//
// user_list: all users, page by page.
#ifndef API_USER_LIST_H
#define API_USER_LIST_H

#include "http/request.h"

handler_fn user_list_show; // GET /v1/users

#endif
