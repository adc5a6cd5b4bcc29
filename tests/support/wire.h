// SPDX-License-Identifier: MIT
//
// wire: HTTP as bytes, for what no well-behaved client sends.
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_REPLY_SIZE = 65536 };

struct wire_reply {
    int status;                  // 0: the connection was closed instead
    const char *body;            // in [bytes], ended by a NUL
    char bytes[WIRE_REPLY_SIZE]; // the head, an empty line, the body
};

// A connection to this machine; the test fails when there is none. Waits at most 10 s for a reply.
int wire_open(uint16_t port);
// One that takes next to nothing: a larger reply waits in the server until the connection is
// closed.
int wire_open_slow(uint16_t port);
void wire_send(int fd, const char *bytes, size_t len);
void wire_sends(int fd, const char *text);
// Reads one reply, and not a byte more.
void wire_receive(int fd, struct wire_reply *reply);
// The same for a reply that announces a body which does not come, as to HEAD.
void wire_receive_head(int fd, struct wire_reply *reply);
// The value of a header of the reply, up to its line's end; NULL without it. [name] ends with ": ".
const char *wire_header(const struct wire_reply *reply, const char *name);
// Whether the server closes; [ms] after its last byte the answer is no.
bool wire_is_closed(int fd, int ms);

#endif
