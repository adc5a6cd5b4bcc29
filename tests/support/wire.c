// SPDX-License-Identifier: MIT
//
// wire: HTTP as bytes. A head is read byte by byte, so that a second reply stays in the socket.
#include "wire.h"
#include "support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int
open_with(uint16_t port, int room)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    if (room > 0)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int
wire_open(uint16_t port)
{
    return open_with(port, 0);
}

int
wire_open_slow(uint16_t port)
{
    return open_with(port, 2048);
}

// A server that has closed already is found by the reading that follows.
void
wire_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

void
wire_sends(int fd, const char *text)
{
    wire_send(fd, text, strlen(text));
}

static bool
read_head(int fd, struct wire_reply *reply, size_t *len)
{
    *len = 0;
    do {
        if (*len == WIRE_REPLY_SIZE - 1 || recv(fd, reply->bytes + *len, 1, 0) != 1)
            return false;
        reply->bytes[++*len] = '\0';
    } while (*len < 4 || strcmp(reply->bytes + *len - 4, "\r\n\r\n") != 0);
    return true;
}

void
wire_receive_head(int fd, struct wire_reply *reply)
{
    size_t len;
    reply->status = 0;
    reply->bytes[0] = '\0';
    if (read_head(fd, reply, &len))
        assert_int_equal(sscanf(reply->bytes, "HTTP/1.%*d %d", &reply->status), 1);
    reply->body = reply->bytes + len;
}

void
wire_receive(int fd, struct wire_reply *reply)
{
    wire_receive_head(fd, reply);
    const char *value = wire_header(reply, "Content-Length: ");
    size_t at = strlen(reply->bytes), end = at + (value != NULL ? strtoul(value, NULL, 10) : 0);
    assert_true(end < WIRE_REPLY_SIZE);
    while (at < end) {
        ssize_t got = recv(fd, reply->bytes + at, end - at, 0);
        assert_true(got > 0);
        at += (size_t)got;
    }
    reply->bytes[end] = '\0';
}

const char *
wire_header(const struct wire_reply *reply, const char *name)
{
    const char *line = reply->bytes;
    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0)
            return line + strlen(name);
    }
    return NULL;
}

bool
wire_is_closed(int fd, int ms)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char bytes[1024];
    while (poll(&poller, 1, ms) == 1)
        if (recv(fd, bytes, sizeof bytes, 0) <= 0)
            return true;
    return false;
}
