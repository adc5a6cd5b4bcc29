// SPDX-License-Identifier: MIT
//
// epoll: the cure for a stall of libmicrohttpd 0.9.75, an epoll_wait of our own.
#ifndef HTTP_EPOLL_H
#define HTTP_EPOLL_H

#include <stdbool.h>

// Whether libraries in this process call our epoll_wait. False: the cure is not linked in as it
// must be.
bool epoll_is_ours(void);

#endif
