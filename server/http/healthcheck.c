// SPDX-License-Identifier: MIT
//
// healthcheck: one GET of /readyz over a socket of its own, so that an image needs no other client.
#include "http/healthcheck.h"

#include "base/address.h"
#include "base/assert.h"
#include "base/config.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 3, ERROR_SIZE = 512 };

bool
healthcheck_is_asked(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "healthcheck") == 0;
}

// --- Where ---------------------------------------------------------------------------------------

// Port 0 took a free one, which the service wrote down.
static uint16_t
read_port(const struct config *c, uint16_t port)
{
    unsigned written = 0;
    char *text = port == 0 && c->ports_file ? file_read(c->ports_file, 256) : NULL;
    if (text && sscanf(text, "data %u", &written) == 1)
        port = (uint16_t)written;
    free(text);
    return port;
}

// Who listens everywhere is asked on the loopback address.
static const char * /* borrowed */
host_to_ask(const char *host)
{
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "localhost") == 0)
        return "127.0.0.1";
    return strcmp(host, "::") == 0 ? "::1" : host;
}

static int
open_connection(const char *host, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, host, &four.sin_addr) != 1)
        return -1;
    const struct sockaddr *to = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, to, is_six ? sizeof six : sizeof four) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// --- What it says --------------------------------------------------------------------------------

// The status of the reply; 0: none came.
static int
ask(int fd)
{
    static const char request[] =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char line[64];
    size_t len = 0;
    int status = 0;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1))
        return 0;
    for (ssize_t got; len < sizeof line - 1; len += (size_t)got)
        if ((got = recv(fd, line + len, sizeof line - 1 - len, 0)) <= 0)
            break;
    line[len] = '\0';
    return sscanf(line, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static bool
is_ready(const struct config *c, char *error)
{
    char host[64];
    uint16_t port;
    ASSERT(address_split(c->listen_data, host, sizeof host, &port));
    port = read_port(c, port);
    int fd = open_connection(host_to_ask(host), port);
    if (fd < 0) {
        snprintf(error, ERROR_SIZE, "healthcheck: port %u of %s: %s", port, host, strerror(errno));
        return false;
    }
    int status = ask(fd);
    close(fd);
    snprintf(error, ERROR_SIZE, "healthcheck: /readyz of port %u said %d", port, status);
    return status == 200;
}

int
healthcheck_main(int argc, char **argv, char **environ_)
{
    struct config c;
    char error[ERROR_SIZE];
    bool ready = false;
    if (config_load(&c, argc - 1, argv + 1, environ_, error, sizeof error)) {
        ready = is_ready(&c, error);
        config_fini(&c);
    }
    if (!ready)
        fprintf(stderr, "tenured: %s\n", error);
    return ready ? 0 : 1;
}
