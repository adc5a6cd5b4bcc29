// SPDX-License-Identifier: MIT
//
// store: what outlives the process. One interface, several implementations, one test for all.
//
// Users are found by id. Sessions are found by [k], an integer of ours that the caller keeps with
// the live session: no other index on disk, because the table in memory is the index, and a random
// key on disk costs a page a row.
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/config.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN_HASH_SIZE = 32, SLOT_KEY_SIZE = 16 };

// Times in ms since 1970. JSON texts are canonical: no white space between tokens.
struct user_row {
    struct span id, name, email; // email may be absent
    struct span attributes;      // a JSON object
    struct span last_session;    // a JSON object, or absent
    int64_t version, created_at, updated_at;
    int64_t sessions; // how many, where a shared store lists users
};

struct session_row {
    int64_t k;
    struct span id, user_id;
    struct span data;   // a JSON object
    struct span client; // a JSON object, or absent
    uint8_t token_hash[TOKEN_HASH_SIZE];
    int64_t version, created_at, last_seen_at, idle_ttl, idle_expires_at, expires_at;
};

// What a touch changes. The session's id says where a store that has parts keeps it.
struct touch {
    int64_t k, last_seen_at, idle_expires_at;
    struct span id;
};

// What is to be changed and not there is no error.
enum change_kind {
    CHANGE_PUT_USER,       // insert or replace id, name, email, attributes, version and times; an
                           // existing last_session stays
    CHANGE_NEW_SESSION,    // insert; a k that is taken fails the batch
    CHANGE_EDIT_SESSION,   // data, token_hash and version of session.k
    CHANGE_TOUCH_SESSIONS, // [count] of [touches]
    CHANGE_END_SESSION,    // delete session.k; set the last_session of session.user_id to
                           // user.last_session
    CHANGE_DELETE_USER,    // delete user.id and the sessions [keys], [count] of them
    CHANGE_END_EVERYBODY,  // of a shared store alone: end all sessions, if there are [expected];
                           // sets [count] to how many there were. session.last_seen_at is now
};

// What a store that others change too found while it applied a change: CHANGE_STALE where things
// were no longer as the change took them to be. Nothing was changed then, by that change.
enum change_result { CHANGE_APPLIED, CHANGE_STALE };

enum { CHANGE_EXPECTS_ANY = 0, CHANGE_EXPECTS_NONE = -1 };

struct change {
    enum change_kind kind;
    // Looked at by a shared store alone. PUT_USER, EDIT_SESSION: the version that is replaced, or
    // CHANGE_EXPECTS_NONE. END_SESSION: the latest idle_expires_at that the session may have.
    int64_t expected;
    // NEW_SESSION, likewise: the user must be there and have fewer sessions. 0: any.
    int64_t most;
    enum change_result result; // set by the store
    struct user_row user;      // spans are borrowed until [done] returns
    struct session_row session;
    union { // borrowed likewise
        const struct touch *touches;
        const int64_t *keys;
    };
    size_t count;
    void (*done)(struct change *c, bool ok); // on the writer's thread; owns [c] from then on
    struct change *next;                     // the queue's
    const char *purpose;                     // of whoever submitted it
};

// Each instance of a shared store takes its keys from a range of its own, of so many bits.
enum { STORE_KEY_BITS = 40 };

// One instance a running store; each implementation embeds it first.
struct store {
    const struct store_ops *ops;
    uint8_t slot_key[SLOT_KEY_SIZE]; // made once with the schema, by open
    int64_t next_k;                  // one more than the largest k, by open
    bool is_shared;                  // other processes may change it too
};

// What the store knows of a user: all of it at one moment.
struct user_state {
    const struct user_row *user;
    const struct session_row *sessions; // in the order of k
    size_t count;
};

// By what a user is found.
enum recall_key { RECALL_USER, RECALL_SESSION, RECALL_TOKEN };

// What becomes known of changes by other instances; see feed.h for what it proves.
struct listener_ops {
    // [kind] 'u' a user, 's' a session, 'e' everybody's sessions; [id] is borrowed.
    void (*changed)(void *arg, char kind, struct span id);
    void (*lost)(void *arg); // anything may have changed
    void *arg;
};

// Thread rules: apply is called by one thread at a time, of a shared store by several; everything
// else by any number beside it.
// No lock of the store is held while it calls back, so that a callback may take any lock and ask
// again.
struct store_ops {
    const char *name;
    const char
        *durability; // when an acknowledged change outlives a loss of power: "commit", "none"
    // On failure NULL, and [error] is one sentence that names the file and what to do.
    struct store *(*open)(const struct config *config, char *error, size_t error_size); /* new */
    void (*close)(struct store *s /* stolen */); // with a checkpoint
    // Calls [each] for every session in the order of k; it asks load_user for a user that it does
    // not have yet. The row is borrowed for the call. False: [error] says why, empty when [each]
    // returned false.
    bool (*load_sessions)(struct store *s,
                          bool (*each)(void *arg, const struct session_row *session), void *arg,
                          char *error, size_t error_size);
    // Calls [found] at most once; the row is borrowed for the call. False: the store could not be
    // asked.
    bool (*load_user)(struct store *s, struct span id,
                      void (*found)(void *arg, const struct user_row *user), void *arg);
    // Calls [each] for at most [count] users whose id is greater than [after], byte by byte, in the
    // order of their ids; the row is borrowed for the call. False: the store could not be asked for
    // all of them.
    bool (*list_users)(struct store *s, struct span after, size_t count,
                       void (*each)(void *arg, const struct user_row *user), void *arg);
    // All of the list or nothing, durable when it returns true. An empty list is a probe: it writes
    // a row that means nothing, so that a store that failed is found to work again.
    bool (*apply)(struct store *s, const struct change *first);
    bool (*healthy)(struct store *s);   // what the last apply said; waits for nothing
    uint64_t (*syncs)(struct store *s); // how often the medium confirmed a batch
    // NULL in a store that is not shared.
    const struct shared_ops *shared;
};

// What instances that share a store need of it. Any thread.
struct shared_ops {
    // The user whom [key] (an id, a session's id, a token's hash) belongs to, as of one moment
    // after the call began. Calls [found] at most once. False: the store could not be asked.
    bool (*recall)(struct store *s, enum recall_key by, uint16_t slot, struct span key,
                   void (*found)(void *arg, const struct user_state *state), void *arg);
    // Calls [each] for users who have sessions that expired before [before], at most [count].
    bool (*list_expired)(struct store *s, int64_t before, size_t count,
                         void (*each)(void *arg, struct span user_id), void *arg);
    // Removes some of the rows that an end of everybody left behind, which nobody sees any more.
    void (*sweep)(struct store *s);
    // Sessions of everybody. False: the store could not be asked.
    bool (*count_sessions)(struct store *s, int64_t *count);
    uint64_t (*count_notices)(struct store *s); // that were sent to the others
    // Starts the feed. NULL: no thread.
    struct feed *(*listen)(struct store *s, const struct listener_ops *to); /* new */
};

extern const struct store_ops sqlite_store, memory_store, postgres_store;

// Whether the key [k] was taken before [next] was the next one; those of other instances are in no
// order with ours, and count as taken before.
bool store_key_is_before(int64_t k, int64_t next);
// The slot of a user id: the first 16 bits of SipHash-2-4 under the store's key.
uint16_t store_slot_of_user(const uint8_t *slot_key, struct span id);

struct store *store_open(const struct config *config, char *error, size_t error_size); /* new */

#endif
