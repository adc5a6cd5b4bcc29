// SPDX-License-Identifier: MIT
//
// connection: one TCP connection, and the one request that is on its way on it.
//
// Ownership: made when the connection is accepted, freed when it is closed, touched by its listener
// thread alone; while the request is suspended, [request] belongs to whoever will resume it.
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "base/locks.h"
#include "http/auth.h"
#include "http/headcheck.h"
#include "http/mhd.h"
#include "http/reaper.h"
#include "http/request.h"
#include "http/router.h"
#include "http/tally.h"

#include <stdatomic.h>

enum { LISTENER_MAGIC = 0x4c495354, CONNECTION_MAGIC = 0x434f4e4e };

// What reaper.c keeps of a listener.
struct reaper {
    pthread_t thread;
    uint64_t limit_ns[PHASES]; // read-only after the start; 0: none
    _Atomic uint64_t now_ns;   // monotonic, as of the last tick
    _Atomic unsigned cut[PHASES];
    // Guarded by [lock].
    struct lock lock;
    pthread_cond_t end;
    bool stopping;
    struct connection *first;
};

// What it keeps of a connection.
struct watch {
    int fd;
    _Atomic(enum phase) phase;
    _Atomic uint64_t due_ns; // UINT64_MAX: never
    // Guarded by the list's lock.
    struct connection *next, **link;
};

struct listener {
    unsigned magic;
    // Read-only after the start.
    struct MHD_Daemon *daemon;
    struct MHD_Response *last_resort; // 503, for when there is no memory to make a reply
    const struct route *routes;
    void *app;
    char host[64];
    uint16_t port;
    size_t body_limit;
    const struct config_hosts *hosts; // what Host may name as well; NULL: nothing
    struct tally *tally;              // the struct is any thread's
    struct reaper reaper;             // any thread
    // Any thread.
    struct auth *_Atomic auth;
    _Atomic unsigned connections;
    _Atomic unsigned strangers; // requests without a valid token that no line of the log counts yet
    _Atomic uint64_t stranger_ns; // when the last such line was written
    _Atomic unsigned in_flight;
    _Atomic unsigned held; // requests in a handler or suspended: listener_stop waits for them
    _Atomic bool retired, stopping;
};

struct connection {
    unsigned magic;
    struct listener *listener;
    struct MHD_Connection *mhd;
    struct watch watch;
    const char *path; // as it came; in the library's buffer
    bool path_clean;
    struct head head;
    struct routing routing;
    const struct auth_token
        *caller;         // in a set of the listener's; NULL: showed no token, or needed none
    uint64_t started_ns; // when the head was there
    size_t received;     // bytes of the body, those thrown away too
    struct text body;
    struct text answer; // for the audit, because the library takes the reply's body
    handler_fn *next;   // what runs when the library calls again; NULL: the reply is there
    bool suspended;     // by the handler that has just run
    bool last;          // the connection closes behind this reply
    struct request request;
};

// What the library keeps for us beside the connection; NULL when there was no memory for it.
struct connection *connection_of(struct MHD_Connection *mhd); /* borrowed */

// Hands the reply to the library.
enum MHD_Result reply_send(struct connection *c);

#endif
