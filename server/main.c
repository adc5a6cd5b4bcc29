// SPDX-License-Identifier: MIT
//
// tenured: parse, build, wire, run, stop in reverse.
#include "admin/admin.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/signals.h"
#include "http/listener.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_MS = 20000, DRAIN_STEP_MS = 20, ERROR_ROOM = 512 };

static const char HELP[] =
    "Usage: tenured [--config FILE] [--set KEY=VALUE]... [--ports-file PATH]\n"
    "\n"
    "Keeps sessions and users in a garbage-collected heap and serves them over HTTP.\n"
    "\n"
    "  --config FILE        settings; config/README.md lists the keys\n"
    "  --set KEY=VALUE      one setting, stronger than file and environment; may be repeated\n"
    "  --ports-file PATH    written once both planes serve: data PORT, admin PORT\n"
    "  --help, --version    print this, or the version, and exit\n"
    "\n"
    "SIGTERM finishes the requests in flight and exits 0; SIGINT, or a second SIGTERM, exits 0 at\n"
    "once. Whatever was acknowledged is stored by then.\n";

struct server {
    struct config config;
    struct domain *domain;
    struct jobs *jobs;
    struct admin admin;
    struct listener *data_plane, *admin_plane;
};

static struct listener * /* new */
plane_start(const struct config *c, const char *address, unsigned threads,
            const struct route *routes, void *app, char *error)
{
    char host[256];
    struct listener_options options = {
        .host = host, .threads = threads, .routes = routes, .app = app};
    options.connections = (unsigned)c->http_connections;
    options.idle_timeout_s = (unsigned)(c->http_idle_timeout_ms / 1000);
    options.body_limit = (size_t)c->limits_body;
    if (config_split_address(address, host, sizeof host, &options.port))
        return listener_start(&options, error, ERROR_ROOM);
    snprintf(error, ERROR_ROOM, "%s is not of the form host:port", address);
    return NULL;
}

static unsigned
data_threads(const struct config *c)
{
    unsigned cores = process_cores();
    return c->http_threads ? (unsigned)c->http_threads : cores < 2 ? 2 : cores;
}

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
    if (!(s->domain = domain_open(c, error, ERROR_ROOM)))
        return false;
    if (!(s->jobs = jobs_start(s->domain))) {
        snprintf(error, ERROR_ROOM, "the maintenance thread cannot be started");
        return false;
    }
    s->admin = (struct admin){s->domain, s->jobs};
    s->data_plane = plane_start(c, c->listen_data, data_threads(c), api_routes, s->domain, error);
    if (s->data_plane)
        s->admin_plane = plane_start(c, c->listen_admin, 1, admin_routes, &s->admin, error);
    return s->admin_plane && write_ports(s, error);
}

static void
log_start(struct server *s)
{
    struct shard_figures f;
    domain_read_figures(s->domain, &f);
    log_event(LOG_INFO, "start", "version", "s", TN_VERSION, "data_port", "d",
              (long)listener_port(s->data_plane), "admin_port", "d",
              (long)listener_port(s->admin_plane), "shards", "d", (long)s->domain->shard_count,
              "threads", "d", (long)data_threads(&s->config), "sessions", "d",
              (long)f.sessions_live, "seconds", "f",
              (clock_monotonic_ns() - s->domain->started_ns) / 1e9, NULL);
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
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return fputs(HELP, stdout) < 0;
        else if (strcmp(argv[i], "--version") == 0)
            return puts("tenured " TN_VERSION) < 0;
    struct server s = {0};
    char error[ERROR_ROOM];
    if (!config_load(&s.config, argc, argv, environ, error, sizeof error)) {
        fprintf(stderr, "tenured: %s\n", error);
        return 1;
    }
    signals_block();
    bool up = server_up(&s, error);
    if (up)
        run(&s);
    else
        fprintf(stderr, "tenured: %s\n", error);
    server_down(&s);
    config_fini(&s.config);
    return up ? 0 : 1;
}
