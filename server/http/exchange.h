// SPDX-License-Identifier: MIT
//
// exchange: leads one request through its stages: path, head, body, handler, reply. The functions
// are what libmicrohttpd calls.
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/mhd.h"

// The request line is there.
void *exchange_uri(void *cls, const char *uri, struct MHD_Connection *mhd);
// Decodes a name or value of the query in place; leaves the path to the router.
size_t exchange_unescape(void *cls, struct MHD_Connection *mhd, char *text);
// The head is there; then each part of the body; then all of it, or the request was resumed.
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *size, void **state);
// The reply is sent, or the connection is gone.
void exchange_completed(void *cls, struct MHD_Connection *mhd, void **state,
                        enum MHD_RequestTerminationCode code);

#endif
