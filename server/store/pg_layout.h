// SPDX-License-Identifier: MIT
//
// pg_layout: the tables of the PostgreSQL store, and the way from each layout to the next, as text.
//
// Everything lies in the schema "tenured". Users and sessions are partitioned by slot, which is the
// user's and stands in each id and token, so whoever has one of these finds the part. Sessions are
// found by id, by token and by user; no index is unique but that of k, because ids are random. A
// session lives while its epoch is the last one.
#ifndef STORE_PG_LAYOUT_H
#define STORE_PG_LAYOUT_H

enum { PG_SCHEMA_VERSION = 2, PG_SLOTS = 65536 };

// One instance at a time looks at the layout and changes it.
#define PG_SCHEMA_LOCK "SELECT pg_advisory_xact_lock(8390045517894906468)"

#define PG_SCHEMA_CREATE                                                                           \
    "CREATE SCHEMA tenured;"                                                                       \
    "CREATE TABLE tenured.meta(name text PRIMARY KEY, number bigint, bytes bytea);"                \
    "CREATE SEQUENCE tenured.instances;"                                                           \
    "CREATE TABLE tenured.users(id text COLLATE \"C\" NOT NULL, slot int NOT NULL,"                \
    " name text NOT NULL, email text, attributes text NOT NULL, version bigint NOT NULL,"          \
    " created_at bigint NOT NULL, updated_at bigint NOT NULL, last_session text,"                  \
    " PRIMARY KEY(id, slot)) PARTITION BY RANGE (slot);"                                           \
    "CREATE TABLE tenured.sessions(k bigint NOT NULL, slot int NOT NULL, id text NOT NULL,"        \
    " user_id text COLLATE \"C\" NOT NULL, data text NOT NULL, client text,"                       \
    " token_hash bytea NOT NULL, version bigint NOT NULL, created_at bigint NOT NULL,"             \
    " last_seen_at bigint NOT NULL, idle_ttl bigint NOT NULL, idle_expires_at bigint NOT NULL,"    \
    " expires_at bigint NOT NULL, PRIMARY KEY(k, slot)) PARTITION BY RANGE (slot);"                \
    "CREATE INDEX ON tenured.sessions(id);"                                                        \
    "CREATE INDEX ON tenured.sessions(token_hash);"                                                \
    "CREATE INDEX ON tenured.sessions(user_id);"                                                   \
    "DO $$ BEGIN FOR i IN 0..15 LOOP"                                                              \
    " EXECUTE format('CREATE TABLE tenured.users_%s PARTITION OF tenured.users"                    \
    " FOR VALUES FROM (%s) TO (%s)', i, i * 4096, (i + 1) * 4096);"                                \
    " EXECUTE format('CREATE TABLE tenured.sessions_%s PARTITION OF tenured.sessions"              \
    " FOR VALUES FROM (%s) TO (%s)', i, i * 4096, (i + 1) * 4096);"                                \
    "END LOOP; END $$;"                                                                            \
    "INSERT INTO tenured.meta(name, number) VALUES('schema_version', 1)"

// Random keys cost less in a hash: an entry has four bytes for the key, and nothing is sorted.
// Everybody's sessions end by a row that says when: those of an epoch end with the next one.
#define PG_SCHEMA_EPOCHS                                                                           \
    "DROP INDEX tenured.sessions_id_idx, tenured.sessions_token_hash_idx,"                         \
    " tenured.sessions_user_id_idx;"                                                               \
    "CREATE INDEX ON tenured.sessions USING hash(id);"                                             \
    "CREATE INDEX ON tenured.sessions USING hash(token_hash);"                                     \
    "CREATE INDEX ON tenured.sessions USING hash(user_id);"                                        \
    "ALTER TABLE tenured.sessions ADD COLUMN epoch bigint NOT NULL DEFAULT 0;"                     \
    "CREATE TABLE tenured.epochs(epoch bigint PRIMARY KEY, began_at bigint NOT NULL,"              \
    " is_pending boolean NOT NULL);"                                                               \
    "INSERT INTO tenured.epochs(epoch, began_at, is_pending) VALUES(0, 0, false);"                 \
    "CREATE VIEW tenured.live_sessions AS SELECT * FROM tenured.sessions"                          \
    " WHERE epoch = (SELECT max(epoch) FROM tenured.epochs)"

// What leads from each version to the next one.
#define PG_SCHEMA_STEPS                                                                            \
    {                                                                                              \
        PG_SCHEMA_CREATE, PG_SCHEMA_EPOCHS                                                         \
    }

#endif
