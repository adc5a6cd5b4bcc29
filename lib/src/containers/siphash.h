// SPDX-License-Identifier: MIT
//
// siphash: SipHash-2-4, by Aumasson and Bernstein: a hash that nobody can aim without its key.
#ifndef TNI_CONTAINERS_SIPHASH_H
#define TNI_CONTAINERS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t tni_siphash(const uint64_t key[2], const void *data, size_t len);

#endif
