// SPDX-License-Identifier: MIT
//
// selftest: proves that this libmicrohttpd hands heads out as headcheck expects.
//
// A second daemon without a socket of its own is given one end of a socket pair and a head to read.
#include "http/selftest.h"
#include "http/headcheck.h"
#include "http/mhd.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum MHD_Result
add_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
           size_t value_len)
{
    head_add(cls, (struct span){name, name_len}, (struct span){value, value_len});
    return MHD_YES;
}

// Refusing to go on closes the connection, which is all that is left to do with it.
static enum MHD_Result
judge(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
      const char *version, const char *data, size_t *size, void **state)
{
    struct head head;
    head_begin(&head, version);
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, add_header, &head);
    *(enum head_verdict *)cls = head_end(&head, mhd_head_end(mhd, method));
    return MHD_NO;
}

static void
ignore_message(void *cls, const char *format, va_list args)
{
}

// What becomes of [head]; HEAD_NOT_IMPLEMENTED when it could not be tried.
static enum head_verdict
try_head(const char *head)
{
    enum head_verdict verdict = HEAD_NOT_IMPLEMENTED;
    struct sockaddr_in nobody = {.sin_family = AF_INET};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return verdict;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL, judge,
        &verdict, MHD_OPTION_EXTERNAL_LOGGER, ignore_message, NULL, MHD_OPTION_END);
    if (daemon == NULL) {
        close(ends[0]);
    } else if (MHD_add_connection(daemon, ends[0], (struct sockaddr *)&nobody, sizeof nobody) ==
                   MHD_YES &&
               write(ends[1], head, strlen(head)) == (ssize_t)strlen(head)) {
        for (int i = 0; i < 4; i++)
            MHD_run(daemon);
    }
    if (daemon != NULL)
        MHD_stop_daemon(daemon);
    close(ends[1]);
    return verdict;
}

bool
selftest_heads(void)
{
    static const char good[] = "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nCookie: a=b; c=d\r\n"
                               "Empty:\r\nContent-Length:  0\r\n\r\n";
    static const char folded[] =
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n 5\r\n\r\n";
    static const char bare[] = "GET / HTTP/1.1\r\nHost: localhost\n\r\n"; // and nothing behind it
    return try_head(good) == HEAD_FINE && try_head(folded) != HEAD_FINE &&
           try_head(bare) != HEAD_FINE;
}
