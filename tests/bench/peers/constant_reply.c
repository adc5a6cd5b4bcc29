// SPDX-License-Identifier: MIT
//
// constant_reply THREADS LENGTH: what libmicrohttpd alone can do. Each request gets the same body
// of LENGTH bytes; nothing is looked up. Settings that cost time are the service's own. Prints the
// port that it took.
#include <arpa/inet.h>
#include <microhttpd.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CONNECTION_MEMORY = 16384, CONNECTIONS = 4096 };

struct body {
    size_t len;
    char *bytes;
};

// The service has the same cure for the library's stall: server/http/epoll.c says why.
__attribute__((visibility("default"))) int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    return epoll_pwait(fd, events, count > 1 ? count - 1 : count, timeout, NULL);
}

// A reply from the first call, when only the head is there, would close the connection.
static enum MHD_Result
answer(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *data, size_t *size, void **state)
{
    const struct body *body = cls;
    if (*state == NULL) {
        *state = cls;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->bytes, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Daemon *
start(unsigned threads, struct body *body)
{
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct sockaddr_in any_port = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL,
                            NULL, answer, body, MHD_OPTION_SOCK_ADDR, &any_port,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_ARRAY, threads > 1 ? pool : pool + 1, MHD_OPTION_END);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "Usage: constant_reply THREADS LENGTH\n");
        return 2;
    }
    struct body body = {.len = strtoul(argv[2], NULL, 10)};
    body.bytes = malloc(body.len + 1);
    if (body.bytes == NULL)
        return 1;
    memset(body.bytes, 'x', body.len);
    struct MHD_Daemon *daemon = start((unsigned)atoi(argv[1]), &body);
    if (daemon == NULL)
        return 1;
    printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    pause(); // until it is ended
    return 0;
}
