// SPDX-License-Identifier: MIT
//
// listener: opens the socket, starts and stops the library's threads, and counts what is on its
// way.
#include "http/listener.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/ledger.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/epoll.h"
#include "http/exchange.h"
#include "http/gate.h"
#include "http/selftest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// A connection's pool, the only memory of the library that we know the size of. Zeroed by it after
// every request, so no larger than heads of 8 KiB need it.
enum { CONNECTION_MEMORY = 16384 };

// For the store, the log and the other plane.
enum { OTHER_DESCRIPTORS = 256 };

// --- Callbacks -----------------------------------------------------------------------------------

static int
fd_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

// Without memory the connection stays without a record, and its first request closes it.
static void
notify_connection(void *cls, struct MHD_Connection *mhd, void **context,
                  enum MHD_ConnectionNotificationCode code)
{
    struct connection *c = *context;
    struct listener *l = cls;
    bool comes = code == MHD_CONNECTION_NOTIFY_STARTED;
    atomic_fetch_add(&l->connections, comes ? 1 : -1U);
    ledger_add(LEDGER_HTTP, comes ? CONNECTION_MEMORY : -CONNECTION_MEMORY, comes ? 1 : -1);
    if (comes && atomic_load(&l->retired))
        gate_admit(fd_of(mhd)); // it may have begun before the gate was closed
    if (comes) {
        c = ledger_calloc(LEDGER_HTTP, 1, sizeof *c);
        *context = c;
        if (c == NULL)
            return;
        c->listener = l;
        c->mhd = mhd;
        c->magic = CONNECTION_MAGIC;
        reaper_add(c, fd_of(mhd));
    } else if (c != NULL) {
        ASSERT(c->magic == CONNECTION_MAGIC);
        reaper_remove(c);
        c->magic = 0;
        ledger_free(LEDGER_HTTP, c);
        *context = NULL;
    }
}

// Once a second, so that whoever is turned away all the time does not fill the log.
static bool
may_warn(void)
{
    static _Atomic uint64_t last_ns;
    uint64_t now = clock_monotonic_ns(), last = atomic_load(&last_ns);
    return now - last >= UINT64_C(1000000000) &&
           atomic_compare_exchange_strong(&last_ns, &last, now);
}

// Most of what the library says is about clients that went away. What speaks of a limit is about
// us.
static void
log_message(void *cls, const char *format, va_list args)
{
    char message[256];
    vsnprintf(message, sizeof message, format, args);
    log_event(strstr(message, "limit") != NULL && may_warn() ? LOG_WARN : LOG_DEBUG, "http-library",
              "message", "s", message, NULL);
}

// --- Socket --------------------------------------------------------------------------------------

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static bool
parse_address(const char *host, uint16_t port, union address *address, socklen_t *size)
{
    *address = (union address){0};
    if (inet_pton(AF_INET6, host, &address->six.sin6_addr) == 1) {
        address->six.sin6_family = AF_INET6;
        address->six.sin6_port = htons(port);
        *size = sizeof address->six;
        return true;
    }
    address->four.sin_family = AF_INET;
    address->four.sin_port = htons(port);
    *size = sizeof address->four;
    host = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return inet_pton(AF_INET, host, &address->four.sin_addr) == 1;
}

static uint16_t
bound_port(int fd)
{
    union address address;
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.six.sin6_port : address.four.sin_port);
}

// A listening socket, or -1 with a sentence.
static int
open_socket(const char *host, uint16_t port, char *error, size_t error_size)
{
    union address address;
    socklen_t size;
    const int on = 1;
    if (!parse_address(host, port, &address, &size)) {
        snprintf(error, error_size, "%s is not an address to listen on", host);
        return -1;
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, &address.any, size) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    if (errno == EADDRINUSE)
        snprintf(error, error_size, "port %u of %s is in use by another process", port, host);
    else
        snprintf(error, error_size, "cannot listen on port %u of %s: %s", port, host,
                 strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

// How many descriptors there may be, at most [wanted], once the limit is raised as far as it goes.
static rlim_t
raise_descriptor_limit(rlim_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return wanted;
    rlim_t now = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : now;
}

// Each connection is a descriptor, so there are only so many connections. Where hardly any are
// left, half of them are connections.
static unsigned
connections_allowed(unsigned wanted)
{
    rlim_t all = (rlim_t)wanted + OTHER_DESCRIPTORS, granted = raise_descriptor_limit(all);
    if (granted >= all)
        return wanted;
    rlim_t allowed =
        granted >= 2 * OTHER_DESCRIPTORS ? granted - OTHER_DESCRIPTORS : (granted + 1) / 2;
    if (allowed >= wanted)
        return wanted;
    log_event(LOG_WARN, "fewer-connections", "wanted", "d", (long)wanted, "allowed", "d",
              (long)allowed, "descriptors", "d", (long)granted, NULL);
    return allowed > 0 ? (unsigned)allowed : 1;
}

// --- Start and stop ------------------------------------------------------------------------------

static struct MHD_Daemon *
start_daemon(struct listener *l, const struct listener_options *o, int fd)
{
    // The library gives each thread its share of the connections, which must not be none.
    unsigned threads = o->threads < o->connections ? o->threads : o->connections;
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME |
                     MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_handle, l, MHD_OPTION_EXTERNAL_LOGGER, log_message, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, o->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, l,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_uri, l, MHD_OPTION_UNESCAPE_CALLBACK,
        exchange_unescape, l, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, l, MHD_OPTION_ARRAY,
        threads > 1 ? pool : pool + 1, MHD_OPTION_END);
}

static struct MHD_Response *
make_last_resort(void) /* new */
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response != NULL)
        MHD_add_response_header(response, "Retry-After", "1");
    return response;
}

static bool
check_library(char *error, size_t error_size)
{
    const char *what = !epoll_is_ours()    ? "calls another epoll_wait than this program's"
                       : !selftest_heads() ? "reads request heads in an unknown way"
                                           : NULL;
    if (what != NULL)
        snprintf(error, error_size, "libmicrohttpd %s %s; it was tested with 0.9.75",
                 MHD_get_version(), what);
    return what == NULL;
}

static const struct auth no_tokens;

static void
set_limits(struct listener *l, const struct listener_options *o)
{
    const uint64_t ms[PHASES] = {[PHASE_HEAD] = o->header_timeout_ms,
                                 [PHASE_BODY] = o->body_timeout_ms,
                                 [PHASE_WORK] = o->work_timeout_ms,
                                 [PHASE_SEND] = o->send_timeout_ms,
                                 [PHASE_IDLE] = o->idle_timeout_ms};
    for (int phase = 0; phase < PHASES; phase++)
        l->reaper.limit_ns[phase] = ms[phase] * 1000000;
}

struct listener *
listener_start(const struct listener_options *options, char *error, size_t error_size)
{
    ASSERT(options->threads > 0 && options->connections > 0);
    ASSERT(strlen(options->host) < sizeof((struct listener *)0)->host);
    if (!check_library(error, error_size))
        return NULL;
    struct listener_options o = *options;
    o.connections = connections_allowed(o.connections);
    int fd = open_socket(options->host, options->port, error, error_size);
    if (fd < 0)
        return NULL;
    struct listener *l = calloc(1, sizeof *l);
    if (l == NULL)
        goto fail_listener;
    l->routes = options->routes;
    l->app = options->app;
    l->body_limit = options->body_limit;
    l->hosts = options->hosts;
    l->port = bound_port(fd);
    strcpy(l->host, options->host);
    if (!auth_replace(&l->auth, options->auth != NULL ? options->auth : &no_tokens))
        goto fail_auth;
    l->tally = tally_new(l->routes, options->threads);
    if (l->tally == NULL)
        goto fail_tally;
    l->last_resort = make_last_resort();
    if (l->last_resort == NULL)
        goto fail_last_resort;
    set_limits(l, options);
    if (!reaper_start(l))
        goto fail_reaper;
    l->magic = LISTENER_MAGIC;
    l->daemon = start_daemon(l, &o, fd);
    if (l->daemon == NULL)
        goto fail_daemon;
    return l;

fail_daemon:
    fd = -1; // the library has closed it
    reaper_stop(l);
    reaper_fini(l);
fail_reaper:
    MHD_destroy_response(l->last_resort);
fail_last_resort:
    tally_free(l->tally);
fail_tally:
    auth_free(l->auth);
fail_auth:
    free(l);
fail_listener:
    if (fd >= 0)
        close(fd);
    snprintf(error, error_size, "no memory or no threads to listen on port %u of %s", options->port,
             options->host);
    return NULL;
}

bool
listener_replace_auth(struct listener *l, const struct auth *auth)
{
    return auth_is_same(l->auth, auth) || auth_replace(&l->auth, auth);
}

const char *
listener_library(void)
{
    return MHD_get_version();
}

uint16_t
listener_port(const struct listener *l)
{
    return l->port;
}

void
listener_retire(struct listener *l)
{
    ASSERT(l->magic == LISTENER_MAGIC);
    atomic_store(&l->retired, true);
}

// Not MHD_quiesce_daemon: with a pool it stops the program when a worker sees the change first.
long
listener_quiesce(struct listener *l)
{
    enum { QUIET_MS = 100, SENT_AGAIN_MS = 400 };
    listener_retire(l);
    enum gate gate =
        gate_close(MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd);
    if (gate == GATE_OPEN)
        log_event(LOG_WARN, "gate-open", "port", "d", (long)l->port, "error", "s", strerror(errno),
                  NULL);
    return gate == GATE_HOPS ? SENT_AGAIN_MS : QUIET_MS;
}

unsigned
listener_in_flight(struct listener *l)
{
    return atomic_load(&l->in_flight);
}

unsigned
listener_connections(struct listener *l)
{
    return atomic_load(&l->connections);
}

unsigned
listener_cut(struct listener *l, enum phase phase)
{
    return atomic_load(&l->reaper.cut[phase]);
}

const struct tally *
listener_tally(const struct listener *l)
{
    return l->tally;
}

// A handler that began before [stopping] was set is counted in [held]; one that begins later
// refuses. So nothing is suspended, or will be, when the library stops, which ends the program
// otherwise.
void
listener_stop(struct listener *l)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    ASSERT(l->magic == LISTENER_MAGIC);
    listener_retire(l);
    atomic_store(&l->stopping, true);
    while (atomic_load(&l->held) > 0)
        nanosleep(&moment, NULL);
    reaper_stop(l);
    MHD_stop_daemon(l->daemon);
    reaper_fini(l);
    MHD_destroy_response(l->last_resort);
    auth_free(l->auth);
    tally_free(l->tally);
    l->magic = 0;
    free(l);
}
