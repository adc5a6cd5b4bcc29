// SPDX-License-Identifier: MIT
//
// listener: the only caller of libmicrohttpd. Accepts, reads a request within its limits, finds the
// route, calls the handler, sends the reply.
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "http/auth.h"
#include "http/reaper.h"
#include "http/tally.h"

struct listener;

struct listener_options {
    const char *host; // a literal address or "localhost"
    uint16_t port;    // 0: a free one
    unsigned threads;
    unsigned connections;
    unsigned per_address; // connections of one address; 0: as many as there may be
    // What a client may take for each; 0: as long as they like.
    uint64_t header_timeout_ms, body_timeout_ms, send_timeout_ms, idle_timeout_ms;
    uint64_t work_timeout_ms;   // what a suspended request may take; 0: as long as it takes
    size_t body_limit;          // bytes; 413 above
    const struct route *routes; // borrowed, as long as the listener
    void *app;
    const struct auth *auth;          // copied; NULL: no tokens, open to whoever reaches it
    const struct config_hosts *hosts; // borrowed like routes; what Host may name; may be NULL
};

// On failure NULL, and [error] is one sentence (a port in use names the port).
struct listener *listener_start(const struct listener_options *options, char *error,
                                size_t error_size); /* new */
// From the next request on. False: no memory, and nothing changed. One thread at a time.
bool listener_replace_auth(struct listener *l, const struct auth *auth);
const char *listener_library(void); // libmicrohttpd's version
uint16_t listener_port(const struct listener *l);
// Each reply closes its connection from here on.
void listener_retire(struct listener *l);
// The same, and new connections wait outside, until the port is somebody else's or free. Those that
// are there are served.
// Returns for how many ms nothing must have been in flight before nobody is on the way in.
long listener_quiesce(struct listener *l);
// Requests whose reply is not sent yet.
unsigned listener_in_flight(struct listener *l);
unsigned listener_connections(struct listener *l);
// Connections that ended because their client, or our own work, took too long.
unsigned listener_cut(struct listener *l, enum phase phase);
const struct tally *listener_tally(const struct listener *l); /* borrowed */
// Waits until every suspended request has been resumed.
void listener_stop(struct listener *l /* stolen */);

#endif
