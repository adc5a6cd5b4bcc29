// SPDX-License-Identifier: MIT
//
// session: the object of a session in the heap, live or ended.
//
// The three times that a touch will change stand at the end of the document, each of fixed width.
#include "domain/session.h"

#include "base/assert.h"
#include "base/secret.h"
#include "domain/user.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

// --- Ids and tokens --------------------------------------------------------------------------

static const char ID_PREFIX[] = "s_", TOKEN_PREFIX[] = "tn1_";

static void
make(char *out, const char *prefix, uint16_t slot, size_t random_size)
{
    uint8_t bytes[TOKEN_RANDOM];
    ASSERT(random_size <= sizeof bytes);
    secret_random(bytes, random_size);
    size_t at = (size_t)sprintf(out, "%s%04x", prefix, slot);
    secret_base64url(out + at, bytes, random_size);
    secret_wipe(bytes, sizeof bytes);
}

void
session_make_id(char id[SESSION_ID_LEN + 1], uint16_t slot)
{
    make(id, ID_PREFIX, slot, SESSION_ID_RANDOM);
}

void
session_make_token(char token[TOKEN_LEN + 1], uint16_t slot)
{
    make(token, TOKEN_PREFIX, slot, TOKEN_RANDOM);
}

// Four lower-case hexadecimal digits.
static bool
read_slot(const char *digits, uint16_t *slot)
{
    static const char HEX[] = "0123456789abcdef";
    unsigned value = 0;
    for (int i = 0; i < SLOT_DIGITS; i++) {
        const char *digit = digits[i] ? strchr(HEX, digits[i]) : NULL;
        if (!digit)
            return false;
        value = value << 4 | (unsigned)(digit - HEX);
    }
    *slot = (uint16_t)value;
    return true;
}

static bool
read_prefixed(struct span text, const char *prefix, size_t len, uint16_t *slot)
{
    size_t at = strlen(prefix);
    return text.data && text.len == len && memcmp(text.data, prefix, at) == 0 &&
           read_slot(text.data + at, slot);
}

bool
session_read_id(struct span id, uint16_t *slot)
{
    return read_prefixed(id, ID_PREFIX, SESSION_ID_LEN, slot);
}

bool
session_read_token(struct span token, uint16_t *slot)
{
    return read_prefixed(token, TOKEN_PREFIX, TOKEN_LEN, slot);
}

// --- The type --------------------------------------------------------------------------------

static void
clear(tn_object *o)
{
    struct session *x = session_of(o);
    if (x->document.text)
        tn_buffer_free(tn_heap_of(o), (tn_type *)tn_type_of(o), x->document.text, x->document.len);
    x->document.text = NULL;
}

static size_t
size_of(const tn_object *o)
{
    const struct session *x = session_of(o);
    return x->document.text ? tn_buffer_occupies(x->document.len) : 0;
}

tn_err
session_type_register(tn_heap *heap, tn_type **type)
{
    static const char *const slots[] = {"user", NULL};
    return tn_type_register(
        heap,
        &(tn_type_spec){.name = "session",
                        .slots = slots,
                        .native = sizeof(struct session) - offsetof(struct session, document),
                        .clear = clear,
                        .size_of = size_of},
        type);
}

tn_object *
session_user(const tn_object *session)
{
    return tn_as_object(session_of(session)->user);
}

struct span
session_id(const tn_object *session)
{
    return (struct span){session_of(session)->id, SESSION_ID_LEN};
}

struct span
session_text(const tn_object *session)
{
    return (struct span){session_of(session)->document.text, session_of(session)->document.len};
}

// --- The documents ---------------------------------------------------------------------------

static void
add_time(struct text *t, const char *name, int64_t ms)
{
    text_adds(t, ",\"");
    text_adds(t, name);
    text_adds(t, "\":");
    text_add_time(t, ms);
}

static void
add_client(struct text *t, struct span client)
{
    text_adds(t, ",\"client\":");
    text_add_span(t, client.data ? client : SPAN("null"));
}

// Remembers where data and client stand, so that neither is kept twice.
static void
add_live_document(struct text *t, struct session *x, const struct session_row *row)
{
    text_adds(t, "{\"id\":");
    text_add_json(t, row->id);
    text_adds(t, ",\"user_id\":");
    text_add_json(t, row->user_id);
    text_adds(t, ",\"data\":");
    x->document.data_at = (uint32_t)t->len;
    x->document.data_len = (uint32_t)row->data.len;
    text_add_span(t, row->data);
    add_client(t, row->client);
    x->document.client_at = (uint32_t)(t->len - row->client.len);
    x->document.client_len = (uint32_t)row->client.len;
    text_adds(t, ",\"version\":");
    text_add_int(t, row->version);
    add_time(t, "created_at", row->created_at);
    add_time(t, "last_seen_at", row->last_seen_at);
    add_time(t, "idle_expires_at", row->idle_expires_at);
    add_time(t, "expires_at", row->expires_at);
    text_adds(t, "}");
}

static struct span
client_of(const struct session *x)
{
    return x->document.client_len
               ? (struct span){x->document.text + x->document.client_at, x->document.client_len}
               : (struct span){0};
}

static void
add_ended_document(struct text *t, const tn_object *session, enum end_reason reason, int64_t at)
{
    const struct session *x = session_of(session);
    text_adds(t, "{\"id\":");
    text_add_json(t, session_id(session));
    add_client(t, client_of(x));
    add_time(t, "created_at", x->created_at);
    add_time(t, "last_seen_at", x->last_seen_at);
    add_time(t, "ended_at", at);
    text_addf(t, ",\"reason\":\"%s\"}", end_reason_name(reason));
}

// A buffer of exactly the text, which is given back. NULL: out of memory.
static char * /* new */
keep(struct shard *s, struct text *t)
{
    char *kept = t->failed ? NULL : tn_buffer_alloc(s->heap, s->session_type, t->len);
    if (kept)
        memcpy(kept, t->data, t->len);
    text_fini(t);
    return kept;
}

char *
session_make_ended_text(struct shard *s, const tn_object *session, enum end_reason reason,
                        int64_t at, uint32_t *len)
{
    struct text t;
    text_init(&t);
    add_ended_document(&t, session, reason, at);
    *len = (uint32_t)t.len;
    return keep(s, &t);
}

// --- Life ------------------------------------------------------------------------------------

static tn_object * /* new */
new_of_user(struct shard *s, tn_object *user)
{
    tn_object *session = tn_new(s->heap, s->session_type);
    if (session)
        tn_slot_set(session, SESSION_USER, tn_ref(user));
    return session;
}

// Takes the text over, or gives the session back where that fails.
static tn_object * /* new */
with_text(struct shard *s, tn_object *session /* stolen */, struct text *t)
{
    struct session *x = session_of(session);
    x->document.len = (uint32_t)t->len;
    x->document.text = keep(s, t);
    if (x->document.text)
        return session;
    tn_decref(session);
    return NULL;
}

static void
copy_row(struct session *x, const struct session_row *row)
{
    ASSERT(row->id.len == SESSION_ID_LEN);
    memcpy(x->id, row->id.data, SESSION_ID_LEN);
    memcpy(x->token_hash, row->token_hash, TOKEN_HASH_SIZE);
    x->k = row->k;
    x->version = row->version;
    x->created_at = row->created_at;
    x->last_seen_at = row->last_seen_at;
    x->idle_ttl = row->idle_ttl;
    x->idle_expires_at = row->idle_expires_at;
    x->expires_at = row->expires_at;
}

tn_object *
session_new(struct shard *s, tn_object *user, const struct session_row *row)
{
    tn_object *session = new_of_user(s, user);
    if (!session)
        return NULL;
    struct text t;
    text_init(&t);
    copy_row(session_of(session), row);
    add_live_document(&t, session_of(session), row);
    return with_text(s, session, &t);
}

tn_object *
session_new_ended(struct shard *s, tn_object *user, struct span text)
{
    tn_object *session = new_of_user(s, user);
    if (!session)
        return NULL;
    struct text t;
    text_init(&t);
    session_of(session)->ended = true;
    text_add_span(&t, text);
    return with_text(s, session, &t);
}

void
session_fill_row(const tn_object *session, struct session_row *row)
{
    const struct session *x = session_of(session);
    ASSERT(!x->ended);
    *row =
        (struct session_row){.k = x->k,
                             .id = session_id(session),
                             .user_id = user_id(session_user(session)),
                             .data = {x->document.text + x->document.data_at, x->document.data_len},
                             .client = client_of(x),
                             .version = x->version,
                             .created_at = x->created_at,
                             .last_seen_at = x->last_seen_at,
                             .idle_ttl = x->idle_ttl,
                             .idle_expires_at = x->idle_expires_at,
                             .expires_at = x->expires_at};
    memcpy(row->token_hash, x->token_hash, TOKEN_HASH_SIZE);
}

// The wire's order of bytes, so that instances on other machines find the same.
struct etag
session_etag(const struct shard *s, const tn_object *session)
{
    const struct session *x = session_of(session);
    uint64_t times[] = {htole64((uint64_t)x->last_seen_at), htole64((uint64_t)x->idle_expires_at),
                        htole64((uint64_t)x->expires_at)};
    struct span bytes = {(const char *)times, sizeof times};
    return (struct etag){x->version, secret_siphash(s->around.hash_key, bytes)};
}

// --- Change ----------------------------------------------------------------------------------

static const char BEFORE_IDLE[] = ",\"idle_expires_at\":", BEFORE_EXPIRES[] = ",\"expires_at\":";

// Writes the times of a touch over those in the document, counting from its end.
static void
stamp(struct session *x)
{
    char *expires = x->document.text + x->document.len - strlen("}") - TEXT_TIME_LEN;
    char *idle = expires - strlen(BEFORE_EXPIRES) - TEXT_TIME_LEN;
    char *last_seen = idle - strlen(BEFORE_IDLE) - TEXT_TIME_LEN;
    text_write_time(last_seen, x->last_seen_at);
    text_write_time(idle, x->idle_expires_at);
}

// Touches since the draft was made stay.
void
session_take_over(tn_object *session, tn_object *draft)
{
    struct session *x = session_of(session), *d = session_of(draft);
    struct session_document former = x->document;
    ASSERT(!x->ended && !d->ended);
    x->document = d->document;
    d->document = former;
    x->version = d->version;
    memcpy(x->token_hash, d->token_hash, TOKEN_HASH_SIZE);
    stamp(x);
}

bool
session_touch(tn_object *session, int64_t now)
{
    struct session *x = session_of(session);
    ASSERT(!x->ended);
    if (now <= x->last_seen_at)
        return false;
    int64_t idle = now + x->idle_ttl;
    x->last_seen_at = now;
    x->idle_expires_at = idle < x->expires_at ? idle : x->expires_at;
    stamp(x);
    return true;
}

void
session_follow(tn_object *session, int64_t last_seen_at, int64_t idle_expires_at)
{
    struct session *x = session_of(session);
    if (last_seen_at <= x->last_seen_at)
        return;
    x->last_seen_at = last_seen_at;
    x->idle_expires_at = idle_expires_at;
    stamp(x);
}

// --- End -------------------------------------------------------------------------------------

int64_t
session_expiry(const tn_object *session, enum end_reason *reason)
{
    const struct session *x = session_of(session);
    bool is_idle = x->idle_expires_at < x->expires_at;
    *reason = is_idle ? END_EXPIRED_IDLE : END_EXPIRED_ABSOLUTE;
    return is_idle ? x->idle_expires_at : x->expires_at;
}

void
session_end(struct shard *s, tn_object *session, char *text, uint32_t len)
{
    struct session *x = session_of(session);
    ASSERT(!x->ended);
    tn_buffer_free(s->heap, s->session_type, x->document.text, x->document.len);
    x->document.text = text;
    x->document.len = len;
    x->document.data_len = x->document.client_len = 0;
    x->ended = true;
    secret_wipe(x->token_hash, sizeof x->token_hash);
}
