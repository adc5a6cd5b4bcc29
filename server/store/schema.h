// SPDX-License-Identifier: MIT
//
// schema: the tables of the SQLite store and every statement that runs on them, as text.
//
// A file says in its header whose it is (application_id) and how it is laid out (user_version).
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

// The application is "tnrd" in ASCII.
enum { SCHEMA_APPLICATION = 0x746e7264, SCHEMA_VERSION = 1 };

// Makes an empty file ours. Sessions have no second index on purpose: a
// random key on disk costs a page a row.
#define SCHEMA_CREATE                                                                              \
    "PRAGMA application_id = 0x746e7264;"                                                          \
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;"                   \
    "CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, email TEXT,"             \
    " attributes TEXT NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL,"            \
    " updated_at INTEGER NOT NULL, last_session TEXT) STRICT;"                                     \
    "CREATE TABLE sessions(k INTEGER PRIMARY KEY, id TEXT NOT NULL, user_id TEXT NOT NULL,"        \
    " data TEXT NOT NULL, client TEXT, token_hash BLOB NOT NULL, version INTEGER NOT NULL,"        \
    " created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, idle_ttl INTEGER NOT NULL,"      \
    " idle_expires_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;"

// What leads from each version to the next one, an empty file being version 0; see migrate.h.
#define SCHEMA_STEPS                                                                               \
    {                                                                                              \
        SCHEMA_CREATE                                                                              \
    }

#define USER_COLUMNS "id, name, email, attributes, version, created_at, updated_at, last_session"
#define SESSION_COLUMNS                                                                            \
    "k, id, user_id, data, client, token_hash, version, created_at, last_seen_at, idle_ttl, "      \
    "idle_expires_at, expires_at"

// What the writer prepares once.
#define SCHEMA_STATEMENTS(X)                                                                       \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(PUT_USER, "INSERT INTO users(" USER_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL) "    \
                "ON CONFLICT(id) DO UPDATE SET name = ?2, email = ?3, attributes = ?4, "           \
                "version = ?5, created_at = ?6, updated_at = ?7")                                  \
    X(SET_LAST_SESSION, "UPDATE users SET last_session = ?1 WHERE id = ?2")                        \
    X(NEW_SESSION, "INSERT INTO sessions(" SESSION_COLUMNS                                         \
                   ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")                  \
    X(EDIT_SESSION, "UPDATE sessions SET data = ?2, token_hash = ?3, version = ?4 WHERE k = ?1")   \
    X(TOUCH_SESSION, "UPDATE sessions SET last_seen_at = ?2, idle_expires_at = ?3 WHERE k = ?1")   \
    X(DELETE_SESSION, "DELETE FROM sessions WHERE k = ?1")                                         \
    X(DELETE_USER, "DELETE FROM users WHERE id = ?1")                                              \
    X(PROBE, "REPLACE INTO meta(name, value) VALUES('probe', unixepoch())")

#define SCHEMA_SELECT_USER     "SELECT " USER_COLUMNS " FROM users WHERE id = ?1"
#define SCHEMA_LIST_USERS      "SELECT " USER_COLUMNS " FROM users WHERE id > ?1 ORDER BY id LIMIT ?2"
#define SCHEMA_SELECT_SESSIONS "SELECT " SESSION_COLUMNS " FROM sessions ORDER BY k"
#define SCHEMA_SELECT_NEXT_K   "SELECT ifnull(max(k), 0) + 1 FROM sessions"
#define SCHEMA_INSERT_SLOT_KEY "INSERT INTO meta(name, value) VALUES('slot_key', ?1)"
#define SCHEMA_SELECT_SLOT_KEY "SELECT value FROM meta WHERE name = 'slot_key'"

#endif
