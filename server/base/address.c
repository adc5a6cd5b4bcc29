// SPDX-License-Identifier: MIT
//
// address: literal addresses of this machine, and ports.
#include "base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
parse_port(const char *digits, uint16_t *port)
{
    size_t len = strspn(digits, "0123456789");
    long number = strtol(digits, NULL, 10);
    if (len == 0 || len > 5 || digits[len] != '\0' || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

bool
address_split(const char *address, char *host, size_t host_size, uint16_t *port)
{
    bool bracket = address[0] == '[';
    const char *start = address + bracket, *colon = strrchr(address, ':');
    if (colon == NULL || colon - start < bracket || (bracket && colon[-1] != ']'))
        return false;
    size_t len = (size_t)(colon - start) - bracket;
    if (len == 0 || len >= host_size || (!bracket && memchr(start, ':', len) != NULL) ||
        !parse_port(colon + 1, port))
        return false;
    memcpy(host, start, len);
    host[len] = '\0';
    return true;
}

bool
address_is_literal(const char *host)
{
    struct in6_addr any;
    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

bool
address_is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return strcasecmp(host, "localhost") == 0;
}
