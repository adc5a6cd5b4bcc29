// SPDX-License-Identifier: MIT
//
// secret: the only door to libsodium: random bytes, hashes, base64url, and wiping what was secret.
//
// No state of its own; any thread may call.
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/text.h"

enum { SECRET_SHA256_SIZE = 32, SECRET_SIP_KEY_SIZE = 16 };

// Characters of base64url without padding for [bytes] bytes.
#define SECRET_BASE64_LEN(bytes) (((bytes)*4 + 2) / 3)

void secret_random(void *bytes, size_t size);
void secret_sha256(struct span text, uint8_t hash[SECRET_SHA256_SIZE]);
// SipHash-2-4; its eight bytes in the order of the algorithm's output, the first one highest.
uint64_t secret_siphash(const uint8_t key[SECRET_SIP_KEY_SIZE], struct span text);
// Whether they are equal, in a time that depends on [size] alone.
bool secret_is_equal(const void *a, const void *b, size_t size);
// Writes SECRET_BASE64_LEN(size) characters and a NUL. [size] at most 64.
void secret_base64url(char *out, const void *bytes, size_t size);
// Decodes base64, padding included, into at most [size] bytes. False: it is none, or too long.
bool secret_unbase64(struct span text, char *out, size_t size, size_t *len);
void secret_wipe(void *bytes, size_t size);
const char *secret_library(void); // libsodium's version

#endif
