// SPDX-License-Identifier: MIT
//
// gate: a filter of four instructions on the listening socket, or a number of hops.
//
// A handshake that has begun is completed, because only its first segment has SYN and comes to the
// server. Connections that are accepted inherit the filter, which lets all of their segments pass.
//
// Some systems let only the superuser attach filters. There the socket asks for segments that no
// router has seen and that were sent with the most hops there are, 255; others start with 64 or 128
// and are dropped. The system does not ask this of a segment that completes a handshake, but the
// connection that it makes inherits the demand.
#include "http/gate.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

// Of the TCP header, which a filter sees first.
enum { FLAGS_AT = 13, SYN = 0x02 };

static bool
attach_filter(int listening_socket)
{
    struct sock_filter drop_syn[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, ~0U),
    };
    const struct sock_fprog filter = {sizeof drop_syn / sizeof drop_syn[0], drop_syn};
    return setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

// Over both protocols where the socket speaks both.
static bool
demand_hops(int fd, int least)
{
    int family;
    socklen_t size = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
        return false;
    bool six = family != AF_INET6 ||
               setsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &least, sizeof least) == 0;
    return setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least, sizeof least) == 0 && six;
}

enum gate
gate_close_by_hops(int listening_socket)
{
    return demand_hops(listening_socket, 255) ? GATE_HOPS : GATE_OPEN;
}

enum gate
gate_close(int listening_socket)
{
    return attach_filter(listening_socket) ? GATE_FILTER : gate_close_by_hops(listening_socket);
}

void
gate_admit(int accepted_socket)
{
    demand_hops(accepted_socket, 0);
}
