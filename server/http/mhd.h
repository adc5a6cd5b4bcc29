// SPDX-License-Identifier: MIT
//
// mhd: the door to libmicrohttpd: its header, and what this code has to know about its version.
#ifndef HTTP_MHD_H
#define HTTP_MHD_H

#include <microhttpd.h>

// Whether headers lie in the read buffer one behind the other, so that headcheck may compare
// addresses. Shown for 0.9.75 (selftest.c proves it again at each start); 0.9.77 changed how heads
// are read.
#define MHD_HEADS_IN_PLACE (MHD_VERSION < 0x00097600)

// One past the last byte of the head that begins with [method].
static inline const char *
mhd_head_end(struct MHD_Connection *c, const char *method)
{
    return method +
           MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
}

#endif
