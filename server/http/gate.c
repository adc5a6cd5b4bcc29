// SPDX-License-Identifier: MIT
//
// gate: a filter of four instructions on the listening socket.
//
// A handshake that has begun is completed, because only its first segment has SYN and comes to the
// server. Connections that are accepted inherit the filter, which lets all of their segments pass.
#include "http/gate.h"

#include <linux/filter.h>
#include <sys/socket.h>

// Of the TCP header, which a filter sees first.
enum { FLAGS_AT = 13, SYN = 0x02 };

bool
gate_close(int listening_socket)
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
