// SPDX-License-Identifier: MIT
//
// secret: the only door to libsodium: random bytes, hashes, base64url, and wiping what was secret.
#include "base/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

_Static_assert(SECRET_SHA256_SIZE == crypto_hash_sha256_BYTES, "SHA-256");
_Static_assert(SECRET_SIP_KEY_SIZE == crypto_shorthash_KEYBYTES, "SipHash-2-4");

enum { BASE64_VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static pthread_once_t once = PTHREAD_ONCE_INIT;

// Without a source of random bytes no token may be made: better no process than a guessable one.
static void
start(void)
{
    if (sodium_init() < 0)
        abort();
}

void
secret_random(void *bytes, size_t size)
{
    pthread_once(&once, start);
    randombytes_buf(bytes, size);
}

void
secret_sha256(struct span text, uint8_t hash[SECRET_SHA256_SIZE])
{
    crypto_hash_sha256(hash, (const unsigned char *)text.data, text.len);
}

uint64_t
secret_siphash(const uint8_t key[SECRET_SIP_KEY_SIZE], struct span text)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t hash = 0;

    crypto_shorthash(out, (const unsigned char *)text.data, text.len, key);
    for (size_t i = 0; i < sizeof out; i++)
        hash = hash << 8 | out[i];
    return hash;
}

bool
secret_is_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void
secret_base64url(char *out, const void *bytes, size_t size)
{
    sodium_bin2base64(out, SECRET_BASE64_LEN(size) + 1, bytes, size, BASE64_VARIANT);
}

bool
secret_unbase64(struct span text, char *out, size_t size, size_t *len)
{
    return sodium_base642bin((unsigned char *)out, size, text.data, text.len, NULL, len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0;
}

void
secret_wipe(void *bytes, size_t size)
{
    sodium_memzero(bytes, size);
}

const char *
secret_library(void)
{
    return sodium_version_string();
}
