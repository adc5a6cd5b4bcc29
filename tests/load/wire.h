// SPDX-License-Identifier: MIT
//
// wire: many requests at once, over libcurl's multi interface and epoll.
//
// One a thread. A fixed number of calls, each of which is free or under way; connections are kept.
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include "tally.h"

#include <curl/curl.h>

enum { WIRE_PATH_SIZE = 192 };

struct call {
    CURL *easy;
    struct call *next_free;
    struct curl_slist *headers, *conditional; // the latter with If-Match
    // What is asked.
    enum ask ask;
    size_t place;
    uint64_t intended_ns;
    const char *method; // borrowed
    char path[WIRE_PATH_SIZE];
    char *body; // of [room] bytes
    size_t room;
    bool has_body, if_match;
    // What was answered.
    long status; // 0: nothing
    enum cache_answer cache;
    char *reply; // ended by a NUL, at most [reply_room] - 1 bytes
    size_t reply_len, reply_room;
};

typedef void wire_done_fn(void *arg, struct call *c);

struct wire {
    CURLM *multi;
    int epoll, timer;     // timer: when the caller wants to be back
    uint64_t curl_due_ns; // when libcurl wants to be called; 0: never
    char base[96];        // http://address:port
    struct call *calls, *free;
    unsigned count, busy;
    wire_done_fn *done;
    void *arg; // borrowed
};

uint64_t wire_now(void); // monotonic, ns
// [body_size]: of the largest body. [token]: NULL, or what authorises.
void wire_init(struct wire *w, const char *address, const char *token, unsigned calls,
               size_t body_size, wire_done_fn *done, void *arg);
void wire_fini(struct wire *w);
// A call to be filled in and sent; NULL: all are under way.
struct call *wire_take(struct wire *w); /* borrowed */
void wire_send(struct wire *w, struct call *c);
// Tells [done] of what is answered until [until_ns], or until something was, and returns.
void wire_wait(struct wire *w, uint64_t until_ns);
// Ends what is still under way, with status 0.
void wire_give_up(struct wire *w);

#endif
