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

enum gate { GATE_OPEN, GATE_FILTER, GATE_HOPS };

// For good. GATE_OPEN: the system offers neither way, and newcomers still get in. GATE_HOPS: each
// connection that is accepted from here on needs gate_admit, and what its client sent before that
// comes again 200 ms later.
enum gate gate_close(int listening_socket);
// One of the two ways: where a program may not attach filters there is only this one.
enum gate gate_close_by_hops(int listening_socket);
void gate_admit(int accepted_socket);

#endif
