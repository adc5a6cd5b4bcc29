// SPDX-License-Identifier: MIT
//
// tenured: parse, build, wire, run, stop in reverse.
#include "admin/admin.h"
#include "api/api.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/usage.h"
#include "http/plane.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_MS = 20000, DRAIN_STEP_MS = 20, ERROR_ROOM = 512 };

struct server {
    struct config config;
    struct domain *domain;
    struct jobs *jobs;
    struct admin admin;
    struct listener *data_plane, *admin_plane;
};

static bool
write_ports(const struct server *s, char *error)
{
    const char *path = s->config.ports_file;
    char ports[64];
    snprintf(ports, sizeof ports, "data %u\nadmin %u\n", listener_port(s->data_plane),
             listener_port(s->admin_plane));
    if (!path || file_replace(path, ports))
        return true;
    snprintf(error, ERROR_ROOM, "--ports-file %s: %m", path);
    return false;
}

// False: [error] says why, and what is up already is for server_down.
static bool
server_up(struct server *s, char *error)
{
    const struct config *c = &s->config;
    enum log_level level;
    ASSERT(log_level_parse(c->log_level, &level));
    log_set_level(level);
    if (!(s->domain = domain_open(c, error, ERROR_ROOM)))
        return false;
    if (!(s->jobs = jobs_start(s->domain))) {
        snprintf(error, ERROR_ROOM, "the maintenance thread cannot be started");
        return false;
    }
    s->admin = (struct admin){s->domain, s->jobs};
    s->data_plane = plane_start(c, PLANE_DATA, api_routes, s->domain, error, ERROR_ROOM);
    if (s->data_plane)
        s->admin_plane = plane_start(c, PLANE_ADMIN, admin_routes, &s->admin, error, ERROR_ROOM);
    return s->admin_plane && write_ports(s, error);
}

static void
log_start(struct server *s)
{
    struct shard_figures f;
    domain_read_figures(s->domain, &f);
    double seconds = (clock_monotonic_ns() - s->domain->started_ns) / 1e9;
    log_event(LOG_INFO, "start", "version", "s", TN_VERSION, "data_port", "d",
              (long)listener_port(s->data_plane), "admin_port", "d",
              (long)listener_port(s->admin_plane), "shards", "d", (long)s->domain->shard_count,
              "threads", "d", (long)process_cores(s->config.http_threads, 2), "sessions", "d",
              (long)f.sessions_live, "seconds", "f", seconds, NULL);
}

// Requests that have come are answered; a second signal ends the patience.
static void
drain(struct server *s)
{
    listener_quiesce(s->data_plane);
    for (int waited = 0; waited < DRAIN_MS; waited += DRAIN_STEP_MS)
        if (listener_in_flight(s->data_plane) + listener_in_flight(s->admin_plane) == 0 ||
            signals_wait_ms(DRAIN_STEP_MS))
            return;
}

static void
run(struct server *s)
{
    log_start(s);
    int signal_number = signals_wait();
    log_event(LOG_INFO, "stop", "signal", "s", strsignal(signal_number), NULL);
    s->domain->ready = false;
    jobs_cancel(s->jobs);
    if (signal_number == SIGTERM)
        drain(s);
}

static void
server_down(struct server *s)
{
    if (s->admin_plane)
        listener_stop(s->admin_plane);
    if (s->data_plane)
        listener_stop(s->data_plane);
    if (s->jobs)
        jobs_stop(s->jobs);
    if (s->domain)
        domain_close(s->domain);
    config_fini(&s->config);
}

int
main(int argc, char **argv)
{
    if (usage_answer(argc, argv, TN_VERSION))
        return 0;
    struct server s = {0};
    char error[ERROR_ROOM];
    signals_block();
    bool up =
        config_load(&s.config, argc, argv, environ, error, sizeof error) && server_up(&s, error);
    if (up)
        run(&s);
    else
        fprintf(stderr, "tenured: %s\n", error);
    server_down(&s);
    return up ? 0 : 1;
}
