// SPDX-License-Identifier: MIT
//
// gate: closes a listening socket to newcomers and loses nobody who is already in.
//
// Closing the socket would reset the connections that the system has completed and nobody has
// accepted yet, with the requests in them. So the socket stays, and the system drops what would
// begin a connection: a client that comes now tries again for as long as it likes, and is refused
// or served by whoever has the port by then.
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>

// For good. False: the system does not offer this, and newcomers still get in.
bool gate_close(int listening_socket);

#endif
