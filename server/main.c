// SPDX-License-Identifier: MIT
//
// tenured: parse, build, wire, run, stop in reverse.
#include "admin/admin.h"
#include "api/api.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/commands.h"
#include "base/file.h"
#include "base/json.h"
#include "base/keyring.h"
#include "base/log.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/usage.h"
#include "http/drain.h"
#include "http/healthcheck.h"
#include "http/plane.h"
#include "store/backup.h"
#include "http/tally.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_ROOM = 512 };

struct server {
    int argc;
    char **argv;
    struct config config;
    uint64_t started_ns; // monotonic
    struct domain *domain;
    struct jobs *jobs;
    struct operations *operations;
    struct growth *growth;
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

static uint64_t
count_requests(void *data_plane)
{
    return tally_count_work(listener_tally(data_plane));
}

// False: [error] says why, and what is up already is for server_down.
static bool
server_up(struct server *s, char *error)
{
    const struct config *c = &s->config;
    enum log_level level;
    ASSERT(log_level_parse(c->log_level, &level));
    log_set_level(level);
    struct store *store = store_open(c, error, ERROR_ROOM);
    if (!store || !(s->domain = domain_open(c, store, error, ERROR_ROOM)) ||
        !keyring_fill(&s->config, error, ERROR_ROOM))
        return false;
    s->data_plane = plane_start(c, PLANE_DATA, api_routes, s->domain, error, ERROR_ROOM);
    if (!s->data_plane)
        return false;
    const struct outlook outlook = {.requests = count_requests, .arg = s->data_plane};
    if (!(s->jobs = jobs_start(s->domain, &outlook))) {
        snprintf(error, ERROR_ROOM, "the maintenance thread cannot be started");
        return false;
    }
    if (!(s->operations = operations_new(s->jobs))) {
        snprintf(error, ERROR_ROOM, "there is no memory for operations");
        return false;
    }
    if (!(s->growth = growth_start(s->domain))) {
        snprintf(error, ERROR_ROOM, "there is no memory or no thread to note what grows");
        return false;
    }
    s->admin = (struct admin){.domain = s->domain,
                              .jobs = s->jobs,
                              .data_plane = s->data_plane,
                              .operations = s->operations,
                              .growth = s->growth,
                              .quota.limit = c->limits_orders};
    s->admin_plane = plane_start(c, PLANE_ADMIN, admin_routes, &s->admin, error, ERROR_ROOM);
    return s->admin_plane && write_ports(s, error);
}

static void
log_start(struct server *s)
{
    struct shard_figures f;
    domain_read_figures(s->domain, &f);
    double seconds = (clock_monotonic_ns() - s->started_ns) / 1e9;
    log_event(LOG_INFO, "start", "version", "s", TN_VERSION, "data_port", "d",
              (long)listener_port(s->data_plane), "admin_port", "d",
              (long)listener_port(s->admin_plane), "shards", "d", (long)s->domain->shard_count,
              "threads", "d", (long)process_cores(s->config.http_threads, 2), "sessions", "d",
              (long)f.sessions_live, "seconds", "f", seconds, NULL);
}

// What may change while it runs: tokens, rules, and the level of the log.
static void
reload(struct server *s)
{
    char error[ERROR_ROOM];
    struct config fresh;
    enum log_level level;
    if (!config_load(&fresh, s->argc, s->argv, environ, error, sizeof error)) {
        log_event(LOG_ERROR, "reload", "error", "s", error, NULL);
        return;
    }
    if (keyring_fill(&fresh, error, sizeof error) &&
        plane_reload(s->data_plane, s->admin_plane, &s->config, &fresh, error, sizeof error)) {
        ASSERT(log_level_parse(fresh.log_level, &level));
        log_set_level(level);
        jobs_replace_rules(s->jobs, fresh.rules, fresh.rule_count);
        log_event(LOG_INFO, "reload", "log_level", "s", fresh.log_level, NULL);
    } else {
        log_event(LOG_ERROR, "reload", "error", "s", error, NULL);
    }
    config_fini(&fresh);
}

static void
run(struct server *s)
{
    log_start(s);
    int signal_number;
    while ((signal_number = signals_wait()) == SIGHUP)
        reload(s);
    log_event(LOG_INFO, "stop", "signal", "s", strsignal(signal_number), NULL);
    domain_retire(s->domain);
    jobs_cancel(s->jobs);
    if (signal_number == SIGTERM)
        drain_wait(s->data_plane, s->admin_plane, s->config.drain_delay_ms,
                   s->config.drain_timeout_ms);
}

static void
server_down(struct server *s)
{
    if (s->admin_plane)
        listener_stop(s->admin_plane);
    dumps_fini(&s->admin.dumps);
    snapshots_fini(&s->admin.snapshots);
    growth_stop(s->growth);
    if (s->jobs)
        jobs_stop(s->jobs); // rules count the data plane's requests
    operations_free(s->operations);
    if (s->data_plane)
        listener_stop(s->data_plane);
    if (s->domain)
        domain_close(s->domain);
    config_fini(&s->config);
}

int
main(int argc, char **argv)
{
    json_count_memory();
    if (usage_answer(argc, argv, TN_VERSION))
        return 0;
    if (backup_is_asked(argc, argv))
        return backup_main(argc, argv, environ);
    if (healthcheck_is_asked(argc, argv))
        return healthcheck_main(argc, argv, environ);
    if (commands_is_one(argc, argv))
        return commands_main(argc, argv, environ);
    struct server s = {.argc = argc, .argv = argv, .started_ns = clock_monotonic_ns()};
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
