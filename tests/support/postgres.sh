#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A PostgreSQL server of the tests, in a folder of its own, on a port of its own. It ends with the process that started
# it, whatever ends that.
#
# postgres.sh find                    says where the programs are; fails where there are none
# postgres.sh start FOLDER            an empty server; prints its port
# postgres.sh standby FOLDER PRIMARY  one that follows the server in folder PRIMARY; prints its port
# postgres.sh wait PRIMARY            from now on a commit there waits for the standby
# postgres.sh promote FOLDER          the standby becomes a primary
# postgres.sh lag FOLDER              the standby receives nothing any more
# postgres.sh kill FOLDER             as by a loss of power
# postgres.sh again FOLDER            starts one that was killed
# postgres.sh sql FOLDER SQL          runs a statement
#
# POSTGRES_BUFFERS is the server's memory for pages, where the tests' 64MB are too little.
set -euo pipefail

bin=
find_programs() {
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$bin" ] && [ -x "$bin/initdb" ]
}

# The server refuses to run as root.
as_server() {
    cd "$folder"
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups env -i "PATH=$bin:/usr/bin:/bin" LC_ALL=C.UTF-8 \
            "HOME=$folder" PGOPTIONS="-c client_min_messages=warning" "$@"
    else
        env -i "PATH=$bin:/usr/bin:/bin" LC_ALL=C.UTF-8 "HOME=$folder" PGOPTIONS="-c client_min_messages=warning" "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# In a session of its own, so that a signal to the whole test does not end it. Whoever stopped the server leaves nothing to do.
guard() {
    setsid -f "$0" outlive "$folder" "$PPID" </dev/null >/dev/null 2>&1
}

outlive() { # PROCESS
    tail --pid="$1" -f /dev/null
    kill_server
}

own_folder() {
    mkdir -p "$folder"
    chmod 0711 "$folder"
    if [ "$(id -u)" -eq 0 ]; then chown postgres:postgres "$folder"; fi
}

settings() { # PORT
    cat <<END
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_wal_senders = 8
max_connections = 60
shared_buffers = ${POSTGRES_BUFFERS:-64MB}
fsync = off
wal_retrieve_retry_interval = '200ms'
END
}

run_server() {
    as_server pg_ctl -D "$folder/data" -w -t 30 -l "$folder/log" start >/dev/null
    cat "$folder/port"
}

start() {
    own_folder
    as_server initdb -D "$folder/data" -A trust -U tenured -E UTF8 --locale=C --no-sync --no-instructions >/dev/null
    free_port >"$folder/port"
    settings "$(cat "$folder/port")" >>"$folder/data/postgresql.conf"
    echo 'host replication all 127.0.0.1/32 trust' >>"$folder/data/pg_hba.conf"
    run_server
}

standby() { # PRIMARY
    own_folder
    as_server pg_basebackup -D "$folder/data" -h 127.0.0.1 -p "$(cat "$1/port")" -U tenured -R -X stream -c fast \
        --no-sync -C -S standby
    free_port >"$folder/port"
    settings "$(cat "$folder/port")" >>"$folder/data/postgresql.conf"
    sed -i "s/primary_conninfo = '/&application_name=standby /" "$folder/data/postgresql.auto.conf"
    run_server
}

sql() {
    as_server psql -X -q -t -A -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(cat "$folder/port")" -U tenured -d postgres -c "$1"
}

# After the backup: a standby that inherits this would wait for itself once promoted.
wait_for_standby() {
    sql "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'"
    sql "SELECT pg_reload_conf()" >/dev/null
    for _ in $(seq 50); do
        [ "$(sql "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")" = 1 ] && return
        sleep 0.1
    done
    return 1
}

# The receiver is stopped, not ended: it holds what it has, and takes no more.
lag() {
    local pid
    pid=$(sql "SELECT pid FROM pg_stat_wal_receiver")
    kill -STOP "$pid"
    echo "$pid" >"$folder/stopped"
}

resume() {
    [ ! -f "$folder/stopped" ] || kill -CONT "$(cat "$folder/stopped")" 2>/dev/null || true
    rm -f "$folder/stopped"
}

# A server whose receiver was killed begins its recovery anew, and an order that comes meanwhile is forgotten.
promote() {
    if [ -f "$folder/stopped" ]; then kill -KILL "$(cat "$folder/stopped")" 2>/dev/null || true; fi
    for _ in 1 2 3 4 5; do
        if as_server pg_ctl -D "$folder/data" -w -t 4 promote >/dev/null 2>&1; then return; fi
        [ "$(sql "SELECT pg_is_in_recovery()" 2>/dev/null)" != f ] || return 0
    done
    return 1
}

kill_server() {
    local head children
    [ -f "$folder/data/postmaster.pid" ] || return 0
    resume
    head=$(head -n 1 "$folder/data/postmaster.pid")
    children=$(cat "/proc/$head/task/$head/children" 2>/dev/null || true)
    # shellcheck disable=SC2086
    kill -KILL "$head" $children 2>/dev/null || true
}

folder=${2-/}
find_programs || { echo "PostgreSQL is not installed." >&2; exit 1; }
case ${1-} in
find) echo "$bin" ;;
start) guard && start ;;
standby) guard && standby "$3" ;;
outlive) outlive "$3" ;;
wait) wait_for_standby ;;
promote) promote ;;
lag) lag ;;
kill) kill_server ;;
again) rm -f "$folder/data/postmaster.pid" && run_server ;;
sql) sql "$3" ;;
*) sed -n '7,15s/^# //p' "$0" >&2 && exit 2 ;;
esac
