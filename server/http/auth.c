// SPDX-License-Identifier: MIT
//
// auth: who calls, by the token that they show, and whether a route is for them.
#include "http/auth.h"
#include "base/assert.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A name and a token of the longest kind fit.
enum { DECODED_SIZE = 1024 };

void
auth_add(struct auth *a, enum access access, const struct config_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        ASSERT(a->count < AUTH_MOST);
        struct auth_token *token = &a->tokens[a->count++];
        token->access = access;
        memcpy(token->hash, tokens->hash[i], sizeof token->hash);
    }
}

// --- The header ----------------------------------------------------------------------------------

// What stands behind [scheme] and its spaces; absent with another scheme.
static struct span
behind(struct span header, struct span scheme)
{
    if (header.len <= scheme.len || strncasecmp(header.data, scheme.data, scheme.len) != 0 ||
        header.data[scheme.len] != ' ')
        return (struct span){0};
    size_t start = scheme.len;
    while (start < header.len && header.data[start] == ' ')
        start++;
    return (struct span){header.data + start, header.len - start};
}

// The password of Basic, in [room], whatever the name.
static struct span
password(struct span credentials, char room[DECODED_SIZE])
{
    size_t len;
    if (credentials.data == NULL || !secret_unbase64(credentials, room, DECODED_SIZE, &len))
        return (struct span){0};
    char *colon = memchr(room, ':', len);
    if (colon == NULL)
        return (struct span){0};
    return (struct span){colon + 1, len - (size_t)(colon + 1 - room)};
}

const struct auth_token *
auth_find(const struct auth *a, struct span authorization)
{
    char room[DECODED_SIZE];
    uint8_t hash[SECRET_SHA256_SIZE];
    const struct auth_token *found = NULL;
    struct span token = behind(authorization, SPAN("Bearer"));
    bool basic = token.data == NULL;
    if (basic)
        token = password(behind(authorization, SPAN("Basic")), room);
    if (token.data == NULL)
        return NULL;
    secret_sha256(token, hash);
    for (size_t i = 0; i < a->count; i++)
        if (secret_is_equal(a->tokens[i].hash, hash, sizeof hash) &&
            (found == NULL || found->access < a->tokens[i].access))
            found = &a->tokens[i];
    if (basic)
        secret_wipe(room, sizeof room);
    return found;
}

// --- Replacing -----------------------------------------------------------------------------------

bool
auth_replace(struct auth *_Atomic *now, const struct auth *fresh)
{
    struct auth *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return false;
    *copy = *fresh;
    copy->older = atomic_load(now);
    atomic_store(now, copy);
    return true;
}

bool
auth_is_same(const struct auth *a, const struct auth *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->tokens[i].access != b->tokens[i].access ||
            memcmp(a->tokens[i].hash, b->tokens[i].hash, sizeof a->tokens[i].hash) != 0)
            return false;
    return true;
}

void
auth_free(struct auth *newest)
{
    while (newest != NULL) {
        struct auth *older = newest->older;
        free(newest);
        newest = older;
    }
}

// --- The verdict ---------------------------------------------------------------------------------

enum auth_verdict
auth_check(const struct auth *a, const struct auth_token *caller, enum access needed)
{
    ASSERT(needed >= ACCESS_OPEN && needed <= ACCESS_DUMP);
    if (needed == ACCESS_OPEN || a->count == 0)
        return AUTH_FINE;
    if (caller == NULL)
        return AUTH_UNKNOWN;
    return caller->access >= needed ? AUTH_FINE : AUTH_TOO_LITTLE;
}

void
auth_name(const struct auth_token *caller, char name[AUTH_NAME_SIZE])
{
    static const char *const names[] = {
        [ACCESS_DATA] = "data",
        [ACCESS_READ] = "read",
        [ACCESS_OPERATE] = "operate",
        [ACCESS_DUMP] = "dump",
    };
    if (caller == NULL) {
        snprintf(name, AUTH_NAME_SIZE, "anybody");
        return;
    }
    const uint8_t *h = caller->hash;
    snprintf(name, AUTH_NAME_SIZE, "%s:%02x%02x%02x%02x", names[caller->access], h[0], h[1], h[2],
             h[3]);
}
