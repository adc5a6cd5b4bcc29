// SPDX-License-Identifier: MIT
//
// Objects and weak references that note what happens to them, in one log.
//
// A recorder has three slots and a number n. Its finalizer notes "Fn" and then does what the test
// asked for; its clear hook notes "Dn", once; a watch, which is a weak reference with a callback,
// notes "Wn". The log is compared as text.
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include "heap_fixture.h"

enum { RECORDER_SLOTS = 3, RECORDER_WATCHES = 64 };

typedef void recorder_action(tn_object *o, void *arg);

struct recorder_log;

typedef struct recorder_watch {
    struct recorder_log *log;
    int number;
    recorder_action *action; // or NULL
    void *arg;
} recorder_watch;

typedef struct recorder_log {
    tn_heap *heap;
    tn_type *type; // "Recorder"
    char text[4096];
    size_t len;
    recorder_watch watches[RECORDER_WATCHES];
    int watch_count;
} recorder_log;

void recorder_init(recorder_log *log, tn_heap *heap);
tn_object *recorder_new(recorder_log *log, int number);
// What the finalizer of [o] does.
void recorder_at_end(tn_object *o, recorder_action *action, void *arg);
int recorder_number(const tn_object *o);
recorder_log *recorder_log_of(const tn_object *o);

// A weak reference whose callback notes [number]; the caller owns it.
tn_object *recorder_watch_new(recorder_log *log, tn_object *target, int number);
// The same; the callback then does [action] with the weak reference.
tn_object *recorder_watch_with(recorder_log *log, tn_object *target, int number,
                               recorder_action *action, void *arg);

// Recorders [first] to [first + count - 1], each holding the next in slot 0, the last the first.
// Nothing else holds them; returns the first, borrowed.
tn_object *recorder_ring(recorder_log *log, int first, int count);

// How an object dies: by its count, or with the ring that it is.
enum recorder_way { BY_COUNT, BY_COLLECTION, WAYS };
tn_object *recorder_dying_new(recorder_log *log, int number, int way);
void recorder_let_die(recorder_log *log, tn_object *o, int way);

void recorder_note(recorder_log *log, const char *what, int number);
// Asserts that exactly this was noted, in this order, and empties the log.
void recorder_expect(recorder_log *log, const char *text);
size_t recorder_alive(const recorder_log *log);

// --- Actions -------------------------------------------------------------------------------------

void recorder_keep(tn_object *o, void *list);      // appends [o] to a list
void recorder_check_heap(tn_object *o, void *arg); // asserts that the heap is consistent
void recorder_cut(tn_object *o, void *arg);        // empties slot 0

#endif
