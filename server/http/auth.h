// SPDX-License-Identifier: MIT
//
// auth: who calls, by the token that they show, and whether a route is for them.
//
// A plane without tokens is open to whoever reaches it. Tokens are known by their SHA-256 alone;
// all of them are compared, each in a time that does not depend on where it differs.
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "base/config.h"
#include "http/request.h"

enum { AUTH_MOST = 3 * CONFIG_MAX_TOKENS, AUTH_NAME_SIZE = 24 };

struct auth_token {
    uint8_t hash[SECRET_SHA256_SIZE];
    enum access access;
};

struct auth {
    struct auth_token tokens[AUTH_MOST];
    size_t count;
    struct auth *older; // the one that this one replaced
};

enum auth_verdict { AUTH_FINE, AUTH_UNKNOWN, AUTH_TOO_LITTLE };

void auth_add(struct auth *a, enum access access, const struct config_tokens *tokens);
// The token that [authorization], the header's value, shows; NULL: none that is known.
const struct auth_token *auth_find(const struct auth *a, struct span authorization); /* borrowed */
enum auth_verdict auth_check(const struct auth *a, const struct auth_token *caller,
                             enum access needed);
// Puts a copy of [fresh] in the place of [*now]; one thread at a time. What it replaces is kept
// behind it, 1.7 KB each, because a request may still point into it. False: no memory, and nothing
// changed.
bool auth_replace(struct auth *_Atomic *now, const struct auth *fresh);
bool auth_is_same(const struct auth *a, const struct auth *b);
void auth_free(struct auth *newest /* stolen, with all behind it */);

// What a log may say of a caller: "operate:1a2b3c4d", the first digits of the token's hash, or
// "anybody" for NULL.
void auth_name(const struct auth_token *caller, char name[AUTH_NAME_SIZE]);

#endif
