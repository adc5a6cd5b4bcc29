// SPDX-License-Identifier: MIT
//
// server: the real program, TENURED, on free ports with a directory of its own; started, stopped,
// killed and started again on the same files.
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <stddef.h>
#include <sys/types.h>

struct server {
    char *folder; // store, ports file, log: all are gone after server_fini
    char *program;
    const char *config_file; // borrowed, for --config; NULL: none
    pid_t pid;               // 0: not running
    unsigned data_port, admin_port;
};

// The directory; starts nothing.
void server_init(struct server *s);
void server_fini(struct server *s); // stops it first if it runs
// Starts it with --set for each of [settings] ("shards=2"; the list may be NULL and ends with
// NULL), and returns when both planes serve; fails the test when they do not.
void server_start(struct server *s, const char *const *settings);
// Runs a program that must refuse to start; returns its status and what it wrote to stderr.
int server_refuses(struct server *s, const char *const *settings, char *said, size_t size);
// SIGTERM; fails the test unless it exits with 0 and no sanitizer had anything to say.
void server_stop(struct server *s);
void server_kill(struct server *s); // -9, and a power cut where POWER_CUT is set
// Everything that it logged since server_init. To be freed.
char *server_log(const struct server *s); /* new */

#endif
