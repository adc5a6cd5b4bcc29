// SPDX-License-Identifier: MIT
//
// pg_schema: every statement that runs on the tables of pg_layout, as text.
#ifndef STORE_PG_SCHEMA_H
#define STORE_PG_SCHEMA_H

#define PG_USER "id, name, email, attributes, version, created_at, updated_at, last_session"
#define PG_SESSION                                                                                 \
    "k, id, user_id, data, client, token_hash, version, created_at, last_seen_at, idle_ttl, "      \
    "idle_expires_at, expires_at"

#define PG_EPOCH "(SELECT max(epoch) FROM tenured.epochs)"
// As clients see it, of ms since 1970.
#define PG_TIME(ms)                                                                                \
    "to_char(timestamp 'epoch' + " ms " * interval '1 millisecond', "                              \
    "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
// What a user shows of a session [s] that ended with everybody's, when the epoch [e] began.
#define PG_ENDED_AT "least(s.idle_expires_at, s.expires_at, e.began_at)"
#define PG_ENDED_WHY                                                                               \
    "CASE WHEN " PG_ENDED_AT " = e.began_at THEN 'revoked' "                                       \
    "WHEN s.idle_expires_at < s.expires_at THEN 'expired_idle' ELSE 'expired_absolute' END"
#define PG_ENDED_TIMES                                                                             \
    PG_TIME("s.created_at") ", " PG_TIME("s.last_seen_at") ", " PG_TIME(PG_ENDED_AT)
#define PG_ENDED                                                                                   \
    "format('{\"id\":\"%s\",\"client\":%s,\"created_at\":\"%s\",\"last_seen_at\":\"%s\","          \
    "\"ended_at\":\"%s\",\"reason\":\"%s\"}', s.id, coalesce(s.client, 'null'), " PG_ENDED_TIMES   \
    ", " PG_ENDED_WHY ")"
// The last one of those of user [u] that are still there; the slot stands in between.
#define PG_LEFT_IN                                                                                 \
    "(SELECT " PG_ENDED " FROM tenured.sessions s JOIN tenured.epochs e ON e.epoch = s.epoch + 1 " \
    "WHERE s.user_id = u.id AND s.slot = "
#define PG_LEFT_LAST " ORDER BY " PG_ENDED_AT " DESC, s.created_at DESC LIMIT 1) AS remains "
// The later one of two that a user may show.
#define PG_LATER                                                                                   \
    "CASE WHEN remains IS NULL THEN last_session WHEN last_session IS NULL "                       \
    "OR last_session::json->>'ended_at' <= remains::json->>'ended_at' THEN remains "               \
    "ELSE last_session END"
#define PG_SHOWN "id, name, email, attributes, version, created_at, updated_at, " PG_LATER

// OFFSET 0: what remains is looked up once.
#define PG_RECALL(user)                                                                            \
    "SELECT " PG_SHOWN " FROM (SELECT *, " PG_LEFT_IN "$1::int" PG_LEFT_LAST                       \
    "FROM tenured.users u WHERE slot = $1::int AND id = " user " OFFSET 0) AS shown"
#define PG_LIST_USERS                                                                              \
    "SELECT " PG_SHOWN ", (SELECT count(*) FROM tenured.live_sessions s "                          \
    "WHERE s.slot = shown.slot AND s.user_id = shown.id) "                                         \
    "FROM (SELECT *, " PG_LEFT_IN "u.slot" PG_LEFT_LAST "FROM tenured.users u "                    \
    "WHERE id > $1 ORDER BY id LIMIT $2::bigint) AS shown ORDER BY id"
#define PG_RECALL_SESSIONS(user)                                                                   \
    "SELECT " PG_SESSION " FROM tenured.live_sessions WHERE slot = $1::int AND user_id = " user    \
    " ORDER BY k"
// If there are $1 of them, everybody's sessions end, at $2 if not before, and others are told $3.
// Under lock_everybody, which no batch can begin beside, because each begins with the rows of
// users: so whatever has an older epoch was committed, and is counted.
#define PG_END_EVERYBODY                                                                           \
    "WITH counted AS MATERIALIZED (SELECT count(*) AS n FROM tenured.live_sessions), "             \
    "ended AS (INSERT INTO tenured.epochs(epoch, began_at, is_pending) "                           \
    "SELECT " PG_EPOCH " + 1, $2::bigint, true FROM counted WHERE n = $1::bigint) "                \
    "SELECT n, CASE WHEN n = $1::bigint THEN pg_notify('tenured', $3)::text END FROM counted"
// What is left of everybody's sessions is removed a few users at a time, whose slots go from $1 to
// $2: their rows are locked as those of a batch, and each shows then what it showed before.
#define PG_LIST_LEFT                                                                               \
    "SELECT DISTINCT user_id FROM (SELECT user_id FROM tenured.sessions "                          \
    "WHERE slot >= $1::int AND slot < $2::int AND epoch < " PG_EPOCH " AND "                       \
    "EXISTS(SELECT 1 FROM tenured.epochs WHERE is_pending) LIMIT $3::bigint) AS few"
#define PG_LOCK_LEFT                                                                               \
    "SELECT 1::bigint FROM tenured.users WHERE slot >= $1::int AND slot < $2::int "                \
    "AND id = ANY($3::text[]) ORDER BY id FOR UPDATE"
#define PG_REMOVE_LEFT                                                                             \
    "WITH gone AS (DELETE FROM tenured.sessions s USING tenured.epochs e WHERE e.epoch = s.epoch " \
    "+ 1 AND s.slot >= $1::int AND s.slot < $2::int AND s.user_id = ANY($3::text[]) RETURNING "    \
    "s.user_id, s.created_at, " PG_ENDED_AT " AS at, " PG_ENDED " AS shown), "                     \
    "latest AS (SELECT DISTINCT ON (user_id) user_id, shown AS remains FROM gone "                 \
    "ORDER BY user_id, at DESC, created_at DESC) "                                                 \
    "UPDATE tenured.users SET last_session = " PG_LATER " FROM latest "                            \
    "WHERE slot >= $1::int AND slot < $2::int AND id = user_id"
#define PG_NOTHING_LEFT                                                                            \
    "UPDATE tenured.epochs SET is_pending = false WHERE is_pending AND NOT EXISTS("                \
    "SELECT 1 FROM tenured.sessions s WHERE s.epoch < epochs.epoch)"
#define PG_USER_OF(column)                                                                         \
    "(SELECT user_id FROM tenured.live_sessions WHERE slot = $1::int AND " column " LIMIT 1)"

// Parameters that have a value for each row.
#define PG_GIVEN_SESSIONS                                                                          \
    "(SELECT unnest($1::bigint[])::int AS slot, unnest($2::bigint[]) AS k, "                       \
    "unnest($3::bigint[]) AS version, unnest($4::bigint[]) AS created_at, "                        \
    "unnest($5::bigint[]) AS last_seen_at, unnest($6::bigint[]) AS idle_ttl, "                     \
    "unnest($7::bigint[]) AS idle_expires_at, unnest($8::bigint[]) AS expires_at, "                \
    "unnest($9::text[]) AS id, unnest($10::text[]) COLLATE \"C\" AS user_id, "                     \
    "unnest($11::text[]) AS data, unnest($12::text[]) AS client, "                                 \
    "unnest($13::bytea[]) AS token_hash) AS given"
#define PG_GIVEN_TOUCHES                                                                           \
    "(SELECT unnest($1::bigint[])::int AS slot, unnest($2::bigint[]) AS k, "                       \
    "unnest($3::bigint[]) AS seen, unnest($4::bigint[]) AS idle) AS given"
// The keys of those that were made come back, here all of them.
#define PG_NEW_SESSIONS                                                                            \
    "INSERT INTO tenured.sessions(slot, epoch, " PG_SESSION ") "                                   \
    "SELECT slot, " PG_EPOCH ", " PG_SESSION " FROM " PG_GIVEN_SESSIONS " RETURNING k"
// Of a user who is there and may have $14: those that they have are counted, and of the new ones
// those come first whose k is lower.
#define PG_NEW_SESSIONS_OF                                                                         \
    "INSERT INTO tenured.sessions(slot, epoch, " PG_SESSION ") "                                   \
    "SELECT slot, " PG_EPOCH ", " PG_SESSION " FROM "                                              \
    "(SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY k) AS nth "                       \
    "FROM " PG_GIVEN_SESSIONS ") AS x WHERE "                                                      \
    "(SELECT 1 FROM tenured.users u WHERE u.slot = x.slot AND u.id = x.user_id) = 1 AND "          \
    "(SELECT count(*) FROM tenured.live_sessions s WHERE s.slot = x.slot "                         \
    "AND s.user_id = x.user_id) + nth <= $14::bigint RETURNING k"
#define PG_TOUCH_SESSIONS                                                                          \
    "UPDATE tenured.sessions s SET last_seen_at = greatest(last_seen_at, seen), "                  \
    "idle_expires_at = greatest(idle_expires_at, idle) "                                           \
    "FROM (SELECT slot, k, max(seen) AS seen, max(idle) AS idle FROM " PG_GIVEN_TOUCHES            \
    " GROUP BY slot, k ORDER BY slot, k) AS t WHERE s.slot = t.slot AND s.k = t.k AND s.epoch "    \
    "= " PG_EPOCH

// The rows of a batch are found by index, one after the other. Left to itself the planner reads all
// of a table: it reckons with sixteen parts for each row, and knows one only when it is there.
// Where it has no choice the price that it reckons with is no reason to compile.
#define PG_PLANS_OF_BATCHES                                                                        \
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "                         \
    "SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit " \
    "= off"

// What each connection prepares.
#define PG_STATEMENTS(X)                                                                           \
    X(begin, "BEGIN")                                                                              \
    X(begin_reading, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")                            \
    X(commit, "COMMIT")                                                                            \
    X(probe, "INSERT INTO tenured.meta(name, number) VALUES('probe', 1) "                          \
             "ON CONFLICT(name) DO UPDATE SET number = meta.number + 1")                           \
    X(lock_users, "SELECT 1::bigint FROM tenured.users WHERE (id, slot) IN (SELECT u, s FROM "     \
                  "unnest($1::text[], $2::bigint[]) AS t(u, s)) "                                  \
                  "ORDER BY id FOR UPDATE")                                                        \
    X(put_user, "INSERT INTO tenured.users(slot, " PG_USER ") VALUES($1::int, $2, $3, $4, $5, "    \
                "$6, $7, $8, NULL) ON CONFLICT(id, slot) DO UPDATE SET name = $3, email = $4, "    \
                "attributes = $5, version = $6, created_at = $7, updated_at = $8")                 \
    X(make_user, "INSERT INTO tenured.users(slot, " PG_USER ") VALUES($1::int, $2, $3, $4, $5, "   \
                 "$6, $7, $8, NULL) ON CONFLICT(id, slot) DO NOTHING")                             \
    X(change_user,                                                                                 \
      "UPDATE tenured.users SET name = $3, email = $4, attributes = $5, "                          \
      "version = $6, created_at = $7, updated_at = $8 "                                            \
      "WHERE slot = $1::int AND id = $2 AND version = $9::bigint AND created_at = $7")             \
    X(new_sessions, PG_NEW_SESSIONS)                                                               \
    X(new_sessions_of, PG_NEW_SESSIONS_OF)                                                         \
    X(edit_session, "UPDATE tenured.sessions SET data = $3, token_hash = $4, version = $5 "        \
                    "WHERE slot = $1::int AND k = $2 AND ($6::bigint = 0 OR version = $6) "        \
                    "AND epoch = " PG_EPOCH)                                                       \
    X(touch_sessions, PG_TOUCH_SESSIONS)                                                           \
    X(end_session, "WITH gone AS (DELETE FROM tenured.sessions WHERE slot = $1::int AND k = $2 "   \
                   "AND ($3::bigint = 0 OR idle_expires_at <= $3) AND epoch = " PG_EPOCH           \
                   " RETURNING k) UPDATE "                                                         \
                   "tenured.users SET last_session = $4 WHERE slot = $5::int AND id = $6 "         \
                   "AND EXISTS(SELECT 1 FROM gone)")                                               \
    X(delete_keys, "DELETE FROM tenured.sessions WHERE k = ANY($1::bigint[])")                     \
    X(delete_sessions, "DELETE FROM tenured.sessions WHERE slot = $1::int AND user_id = $2")       \
    X(delete_user, "DELETE FROM tenured.users WHERE slot = $1::int AND id = $2")                   \
    X(lock_everybody, "LOCK TABLE tenured.users IN EXCLUSIVE MODE")                                \
    X(end_everybody, PG_END_EVERYBODY)                                                             \
    X(notify, "SELECT pg_notify('tenured', $1)")                                                   \
    X(recall_user, PG_RECALL("$2"))                                                                \
    X(recall_user_sessions, PG_RECALL_SESSIONS("$2"))                                              \
    X(recall_session, PG_RECALL(PG_USER_OF("id = $2")))                                            \
    X(recall_session_sessions, PG_RECALL_SESSIONS(PG_USER_OF("id = $2")))                          \
    X(recall_token, PG_RECALL(PG_USER_OF("token_hash = $2")))                                      \
    X(recall_token_sessions, PG_RECALL_SESSIONS(PG_USER_OF("token_hash = $2")))                    \
    X(list_users, PG_LIST_USERS)                                                                   \
    X(list_sessions, "SELECT " PG_SESSION " FROM tenured.live_sessions WHERE k > $1 ORDER BY k "   \
                     "LIMIT $2::bigint")                                                           \
    X(list_expired, "SELECT DISTINCT user_id FROM tenured.live_sessions WHERE slot >= $1::int "    \
                    "AND slot < $2::int AND (idle_expires_at < $3 OR expires_at < $3) "            \
                    "LIMIT $4::bigint")                                                            \
    X(list_left, PG_LIST_LEFT)                                                                     \
    X(lock_left, PG_LOCK_LEFT)                                                                     \
    X(remove_left, PG_REMOVE_LEFT)                                                                 \
    X(nothing_left, PG_NOTHING_LEFT)                                                               \
    X(count_sessions, "SELECT count(*) FROM tenured.live_sessions")

#endif
