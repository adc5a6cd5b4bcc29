// SPDX-License-Identifier: MIT
//
// pg_schema: the tables of the PostgreSQL store and every statement that runs on them, as text.
//
// Everything lies in the schema "tenured". Users and sessions are partitioned by slot, which is the
// user's and stands in each id and token, so whoever has one of these finds the part. Sessions are
// found by id, by token and by user; no index is unique but that of k, because ids are random.
#ifndef STORE_PG_SCHEMA_H
#define STORE_PG_SCHEMA_H

enum { PG_SCHEMA_VERSION = 1, PG_SLOTS = 65536 };

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

// What leads from each version to the next one.
#define PG_SCHEMA_STEPS                                                                            \
    {                                                                                              \
        PG_SCHEMA_CREATE                                                                           \
    }

#define PG_USER "id, name, email, attributes, version, created_at, updated_at, last_session"
#define PG_SESSION                                                                                 \
    "k, id, user_id, data, client, token_hash, version, created_at, last_seen_at, idle_ttl, "      \
    "idle_expires_at, expires_at"

#define PG_RECALL(user) "SELECT " PG_USER " FROM tenured.users WHERE slot = $1::int AND id = " user
#define PG_RECALL_SESSIONS(user)                                                                   \
    "SELECT " PG_SESSION " FROM tenured.sessions WHERE slot = $1::int AND user_id = " user         \
    " ORDER BY k"
#define PG_USER_OF(column)                                                                         \
    "(SELECT user_id FROM tenured.sessions WHERE slot = $1::int AND " column " LIMIT 1)"

// What each connection prepares.
#define PG_STATEMENTS(X)                                                                           \
    X(begin, "BEGIN")                                                                              \
    X(begin_reading, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")                            \
    X(commit, "COMMIT")                                                                            \
    X(probe, "INSERT INTO tenured.meta(name, number) VALUES('probe', 1) "                          \
             "ON CONFLICT(name) DO UPDATE SET number = meta.number + 1")                           \
    X(lock_users, "SELECT 1::bigint FROM tenured.users WHERE (id, slot) IN (SELECT u, s FROM "     \
                  "unnest($1::text::text[], $2::text::int[]) AS t(u, s)) "                         \
                  "ORDER BY id FOR UPDATE")                                                        \
    X(put_user, "INSERT INTO tenured.users(slot, " PG_USER ") VALUES($1::int, $2, $3, $4, $5, "    \
                "$6, $7, $8, NULL) ON CONFLICT(id, slot) DO UPDATE SET name = $3, email = $4, "    \
                "attributes = $5, version = $6, created_at = $7, updated_at = $8")                 \
    X(make_user, "INSERT INTO tenured.users(slot, " PG_USER ") VALUES($1::int, $2, $3, $4, $5, "   \
                 "$6, $7, $8, NULL) ON CONFLICT(id, slot) DO NOTHING")                             \
    X(change_user, "UPDATE tenured.users SET name = $3, email = $4, attributes = $5, "             \
                   "version = $6, created_at = $7, updated_at = $8 "                               \
                   "WHERE slot = $1::int AND id = $2 AND version = $9::bigint")                    \
    X(new_session, "INSERT INTO tenured.sessions(slot, " PG_SESSION ") VALUES($1::int, $2, $3, "   \
                   "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")                                  \
    X(new_session_of, "INSERT INTO tenured.sessions(slot, " PG_SESSION ") SELECT $1::int, "        \
                      "$2::bigint, $3, $4, $5, $6, $7::bytea, $8::bigint, $9::bigint, "            \
                      "$10::bigint, $11::bigint, $12::bigint, $13::bigint "                        \
                      "FROM tenured.users u WHERE u.slot = $1::int AND u.id = $4 AND "             \
                      "(SELECT count(*) FROM tenured.sessions s WHERE s.slot = $1::int "           \
                      "AND s.user_id = $4) < $14::bigint")                                         \
    X(edit_session, "UPDATE tenured.sessions SET data = $3, token_hash = $4, version = $5 "        \
                    "WHERE slot = $1::int AND k = $2 AND ($6::bigint = 0 OR version = $6)")        \
    X(touch_session, "UPDATE tenured.sessions SET last_seen_at = greatest(last_seen_at, $3), "     \
                     "idle_expires_at = greatest(idle_expires_at, $4) "                            \
                     "WHERE slot = $1::int AND k = $2")                                            \
    X(end_session, "WITH gone AS (DELETE FROM tenured.sessions WHERE slot = $1::int AND k = $2 "   \
                   "AND ($3::bigint = 0 OR idle_expires_at <= $3) RETURNING k) UPDATE "            \
                   "tenured.users SET last_session = $4 WHERE slot = $5::int AND id = $6 "         \
                   "AND EXISTS(SELECT 1 FROM gone)")                                               \
    X(delete_keys, "DELETE FROM tenured.sessions WHERE k = ANY($1::text::bigint[])")               \
    X(delete_sessions, "DELETE FROM tenured.sessions WHERE slot = $1::int AND user_id = $2")       \
    X(delete_user, "DELETE FROM tenured.users WHERE slot = $1::int AND id = $2")                   \
    X(notify, "SELECT pg_notify('tenured', $1)")                                                   \
    X(recall_user, PG_RECALL("$2"))                                                                \
    X(recall_user_sessions, PG_RECALL_SESSIONS("$2"))                                              \
    X(recall_session, PG_RECALL(PG_USER_OF("id = $2")))                                            \
    X(recall_session_sessions, PG_RECALL_SESSIONS(PG_USER_OF("id = $2")))                          \
    X(recall_token, PG_RECALL(PG_USER_OF("token_hash = $2")))                                      \
    X(recall_token_sessions, PG_RECALL_SESSIONS(PG_USER_OF("token_hash = $2")))                    \
    X(list_users, "SELECT " PG_USER ", (SELECT count(*) FROM tenured.sessions s WHERE "            \
                  "s.slot = u.slot AND s.user_id = u.id) FROM tenured.users u WHERE id > $1 "      \
                  "ORDER BY id LIMIT $2::bigint")                                                  \
    X(list_sessions, "SELECT " PG_SESSION " FROM tenured.sessions WHERE k > $1 ORDER BY k "        \
                     "LIMIT $2::bigint")                                                           \
    X(list_expired, "SELECT DISTINCT user_id FROM tenured.sessions WHERE slot >= $1::int AND "     \
                    "slot < $2::int AND (idle_expires_at < $3 OR expires_at < $3) "                \
                    "LIMIT $4::bigint")                                                            \
    X(count_sessions, "SELECT count(*) FROM tenured.sessions")

#endif
