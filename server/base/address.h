// SPDX-License-Identifier: MIT
//
// address: literal addresses of this machine, and ports.
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Splits "127.0.0.1:8080", "[::1]:8080", "localhost:0"; false when it is not of that form.
bool address_split(const char *address, char *host, size_t host_size, uint16_t *port);
bool address_is_literal(const char *host); // of IPv4 or IPv6
// Whether [host] is 127.0.0.0/8, ::1 or localhost.
bool address_is_loopback(const char *host);

#endif
