// SPDX-License-Identifier: MIT
//
// session: the object of a session in the heap, live or ended.
//
// A live session's text is the document that GET answers with; an ended one's is what its user
// shows as last_session. Of both only the two times of a touch are changed in place; everything
// else is swapped with the whole text, so a span of a text is good while the lock is held. Locking:
// the shard's.
#ifndef DOMAIN_SESSION_H
#define DOMAIN_SESSION_H

#include "base/etag.h"
#include "domain/shard.h"

enum {
    SLOT_DIGITS = 4,
    SESSION_ID_RANDOM = 16, // bytes
    TOKEN_RANDOM = 32,      // bytes
    SESSION_ID_LEN = 2 + SLOT_DIGITS + 22,
    TOKEN_LEN = 4 + SLOT_DIGITS + 43,
};

enum session_slot { SESSION_USER };

// The payload: slots, then native bytes.
struct session {
    tn_value user;
    struct session_document {
        char *text; // buffer of the session type
        uint32_t len;
        uint32_t data_at, data_len, client_at, client_len; // in the text, while live
    } document;
    bool ended;
    bool is_touched; // in the shard's list of touched sessions, which these link
    tn_object *touched_before, *touched_behind;
    char id[SESSION_ID_LEN];
    uint8_t token_hash[TOKEN_HASH_SIZE];
    int64_t k, version, created_at, last_seen_at, idle_ttl, idle_expires_at, expires_at;
};

static inline struct session *
session_of(const tn_object *o)
{
    return tn_payload(o);
}

// A new id or token of [slot]; both are ended by a NUL.
void session_make_id(char id[SESSION_ID_LEN + 1], uint16_t slot);
void session_make_token(char token[TOKEN_LEN + 1], uint16_t slot);
// False: it cannot be one of ours.
bool session_read_id(struct span id, uint16_t *slot);
bool session_read_token(struct span token, uint16_t *slot);

tn_err session_type_register(tn_heap *heap, tn_type **type);
// Refers to [user]; nothing refers to it yet. NULL: out of memory.
tn_object *session_new(struct shard *s, tn_object *user, const struct session_row *row); /* new */
// One that ended before: [text] is what its user shows as last_session.
tn_object *session_new_ended(struct shard *s, tn_object *user, struct span text); /* new */

tn_object *session_user(const tn_object *session);  /* borrowed */
struct span session_id(const tn_object *session);   /* borrowed */
struct span session_text(const tn_object *session); /* borrowed */
// Spans into the session's own bytes and its user's.
void session_fill_row(const tn_object *session, struct session_row *row);

// Of what GET shows of a live session.
struct etag session_etag(const struct shard *s, const tn_object *session);
// [draft]'s data, token and version become [session]'s; the draft is good for nothing then. Cannot
// fail. The table of tokens must not hold the session meanwhile.
void session_take_over(tn_object *session, tn_object *draft);
// Another instance knows of a later touch.
void session_follow(tn_object *session, int64_t last_seen_at, int64_t idle_expires_at);
// It is used: it will expire later, but no later than it must. False: nothing changed.
bool session_touch(tn_object *session, int64_t now);

// When it expires unless it is touched, and why.
int64_t session_expiry(const tn_object *session, enum end_reason *reason);
// What the user will show of it once it has ended. A buffer of the session type, NULL: out of
// memory.
char *session_make_ended_text(struct shard *s, const tn_object *session, enum end_reason reason,
                              int64_t at, uint32_t *len); /* new */
// It is over: [text] takes the place of its document, the token's hash is wiped. Cannot fail.
void session_end(struct shard *s, tn_object *session, char *text /* stolen */, uint32_t len);

#endif
