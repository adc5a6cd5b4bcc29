// SPDX-License-Identifier: MIT
//
// kill -9 at a random moment under write load, again and again: whatever was acknowledged is there.
//
// Each writer has users of its own and one request under way, so it knows what the service owes it.
// A session is LIVE (acknowledged: must verify with its token and show its data), ENDED (its end
// was acknowledged: must be refused) or UNSURE (its end was asked for and not answered: either will
// do, but the user's list must say what verify says). A name must be the last acknowledged one or a
// later one.
//
// test_service.kill [ROUNDS] [--acknowledged N]: the kill waits for N sessions in each round.
// TN_SEED=N replays the choices, though not the moment that a packet takes.
#include "client.h"
#include "server.h"
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 32, SESSIONS_PER_USER = 20, SHORTEST_MS = 50, LONGEST_MS = 1000, SHOWN = 20 };

enum fate { LIVE, ENDED, UNSURE };

struct session {
    size_t user;
    unsigned number; // in its data
    enum fate fate;
    bool listed; // while its user is verified
    char id[40], token[80];
};

struct user {
    unsigned acknowledged, sent; // numbers in the name; 0: none
    unsigned asked;              // sessions
    size_t first_session;        // of its own, which are neighbours
};

struct writer {
    unsigned number;
    pthread_t thread;
    dice dice;
    struct client client;
    struct session *sessions;
    struct user *users;
    size_t session_count, session_room, user_count, user_room;
    size_t round_user, round_session; // the first ones of this round
    unsigned names, numbers;          // the last ones given out
};

static struct writer writers[WRITERS];
static atomic_size_t acknowledged, ends; // in this round
static atomic_uint faults;

static void __attribute__((format(printf, 1, 2))) fault(const char *format, ...)
{
    if (atomic_fetch_add(&faults, 1) >= SHOWN)
        return;
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    printf("FAULT: %s\n", sentence);
}

static void *
grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    array = realloc(array, *room * size);
    assert_non_null(array);
    return array;
}

static double
now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// --- Writing ---------------------------------------------------------------------------------

// False: the server is gone. A 503 is an answer that promises nothing.
static bool
is_answer(struct writer *w, const char *what, long wanted)
{
    long status = w->client.status;
    if (status != 0 && status != wanted && status != 503)
        fault("%s gave %ld: %s", what, status, w->client.body.data);
    return status != 0;
}

static bool
put_user(struct writer *w, size_t u)
{
    struct user *user = &w->users[u];
    char path[80], body[80];
    user->sent = ++w->names;
    snprintf(path, sizeof path, "/v1/users/w%u-%zu", w->number, u);
    snprintf(body, sizeof body, "{\"name\":\"n%u\"}", user->sent);
    long wanted = user->acknowledged ? 200 : 201;
    if (client_call(&w->client, "PUT", path, body) == wanted)
        user->acknowledged = user->sent;
    return is_answer(w, "PUT user", wanted);
}

static bool
new_user(struct writer *w)
{
    w->users = grown(w->users, w->user_count, &w->user_room, sizeof *w->users);
    w->users[w->user_count] = (struct user){.first_session = w->session_count};
    return put_user(w, w->user_count++);
}

static void
keep_session(struct writer *w, size_t u, unsigned number)
{
    w->sessions = grown(w->sessions, w->session_count, &w->session_room, sizeof *w->sessions);
    struct session *s = &w->sessions[w->session_count++];
    *s = (struct session){.user = u, .number = number, .fate = LIVE};
    json_t *reply = client_reply_json(&w->client);
    const char *id = "", *token = "";
    if (json_unpack(reply, "{s:s, s:s}", "id", &id, "token", &token) != 0)
        fault("a new session lacks id or token: %s", w->client.body.data);
    snprintf(s->id, sizeof s->id, "%s", id);
    snprintf(s->token, sizeof s->token, "%s", token);
    json_decref(reply);
    atomic_fetch_add(&acknowledged, 1);
}

static bool
new_session(struct writer *w, size_t u)
{
    char body[160];
    unsigned number = ++w->numbers;
    w->users[u].asked++;
    snprintf(body, sizeof body, "{\"user_id\":\"w%u-%zu\",\"data\":{\"writer\":%u,\"number\":%u}}",
             w->number, u, w->number, number);
    if (client_call(&w->client, "POST", "/v1/sessions", body) == 201)
        keep_session(w, u, number);
    return is_answer(w, "POST session", 201);
}

static bool
end_session(struct writer *w, struct session *s)
{
    char path[80];
    snprintf(path, sizeof path, "/v1/sessions/%s", s->id);
    s->fate = UNSURE;
    if (client_call(&w->client, "DELETE", path, NULL) == 204) {
        s->fate = ENDED;
        atomic_fetch_add(&ends, 1);
    }
    return is_answer(w, "DELETE session", 204);
}

// One request that changes something: a user now and then, an end for every four sessions.
static bool
write_once(struct writer *w)
{
    size_t own = w->session_count - w->round_session;
    if (w->user_count == w->round_user || w->users[w->user_count - 1].asked == SESSIONS_PER_USER)
        return new_user(w);
    size_t u = w->user_count - 1;
    if (w->users[u].acknowledged == 0 || dice_chance(&w->dice, 5))
        return put_user(w, u);
    if (own > 0 && dice_chance(&w->dice, 20)) {
        struct session *s = &w->sessions[w->round_session + dice_below(&w->dice, own)];
        return s->fate == LIVE ? end_session(w, s) : true;
    }
    return new_session(w, u);
}

static void *
write_on(void *arg)
{
    struct writer *w = arg;
    w->round_user = w->user_count;
    w->round_session = w->session_count;
    while (write_once(w))
        ;
    return NULL;
}

// --- Verifying -------------------------------------------------------------------------------

static bool
shows(const struct writer *w, json_t *session, unsigned number)
{
    json_int_t from = -1, shown = -1;
    json_unpack(session, "{s:{s:I, s:I}}", "data", "writer", &from, "number", &shown);
    return from == w->number && (number == 0 ? shown > 0 : shown == number);
}

static void
verify_session(struct writer *w, struct session *s)
{
    char body[120];
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", s->token);
    long status = client_call(&w->client, "POST", "/v1/sessions/verify", body);
    if (status != 200 && status != 401)
        fault("verify gave %ld for %s", status, s->id);
    if (s->fate == LIVE && status != 200)
        fault("acknowledged session %s is lost", s->id);
    if (s->fate == ENDED && status != 401)
        fault("session %s is back, though its end was acknowledged", s->id);
    if (s->listed != (status == 200))
        fault("verify gives %ld for %s, the list %s it", status, s->id,
              s->listed ? "has" : "lacks");
    if (status != 200)
        return;
    json_t *reply = client_reply_json(&w->client);
    if (!shows(w, reply, s->number))
        fault("session %s came back without its data: %s", s->id, w->client.body.data);
    json_decref(reply);
}

// A session in the list that was never acknowledged must be whole all the same.
static void
verify_stranger(struct writer *w, const char *id)
{
    char path[80];
    snprintf(path, sizeof path, "/v1/sessions/%s", id);
    if (client_call(&w->client, "GET", path, NULL) != 200) {
        fault("%s is in its user's list and gives %ld", id, w->client.status);
        return;
    }
    json_t *reply = client_reply_json(&w->client);
    if (!shows(w, reply, 0))
        fault("unacknowledged session %s is half there: %s", id, w->client.body.data);
    json_decref(reply);
}

static size_t
sessions_end(const struct writer *w, size_t u)
{
    return u + 1 < w->user_count ? w->users[u + 1].first_session : w->session_count;
}

static void
mark_listed(struct writer *w, size_t u, const char *id)
{
    for (size_t i = w->users[u].first_session; i < sessions_end(w, u); i++)
        if (strcmp(w->sessions[i].id, id) == 0) {
            w->sessions[i].listed = true;
            return;
        }
    verify_stranger(w, id);
}

static size_t
read_list(struct writer *w, size_t u)
{
    char path[120];
    snprintf(path, sizeof path, "/v1/users/w%u-%zu/sessions?limit=200", w->number, u);
    if (client_call(&w->client, "GET", path, NULL) != 200) {
        fault("GET %s gave %ld", path, w->client.status);
        return 0;
    }
    json_t *reply = client_reply_json(&w->client), *item;
    size_t i, count = json_array_size(json_object_get(reply, "items"));
    for (size_t k = w->users[u].first_session; k < sessions_end(w, u); k++)
        w->sessions[k].listed = false;
    json_array_foreach(json_object_get(reply, "items"), i, item)
        mark_listed(w, u, json_string_value(json_object_get(item, "id")));
    json_decref(reply);
    return count;
}

static bool
has_ended_sessions(const struct writer *w, size_t u)
{
    for (size_t i = w->users[u].first_session; i < sessions_end(w, u); i++)
        if (w->sessions[i].fate == ENDED)
            return true;
    return false;
}

static void
verify_user(struct writer *w, size_t u)
{
    const struct user *user = &w->users[u];
    char path[80];
    snprintf(path, sizeof path, "/v1/users/w%u-%zu", w->number, u);
    long status = client_call(&w->client, "GET", path, NULL);
    if (status == 404 && user->acknowledged == 0)
        return;
    if (status != 200) {
        fault("GET %s gave %ld", path, status);
        return;
    }
    json_t *reply = client_reply_json(&w->client);
    const char *name = json_string_value(json_object_get(reply, "name"));
    unsigned shown = name && name[0] == 'n' ? (unsigned)atoi(name + 1) : 0;
    if (shown < user->acknowledged || shown > user->sent)
        fault("%s has name n%u, not one of n%u to n%u", path, shown, user->acknowledged,
              user->sent);
    size_t count = (size_t)json_integer_value(json_object_get(reply, "sessions"));
    if (has_ended_sessions(w, u) && !json_is_object(json_object_get(reply, "last_session")))
        fault("%s has no last_session", path);
    json_decref(reply);
    if (read_list(w, u) != count)
        fault("%s counts %zu sessions, the list does not", path, count);
    for (size_t i = user->first_session; i < sessions_end(w, u); i++)
        verify_session(w, &w->sessions[i]);
}

static void *
verify_round(void *arg)
{
    struct writer *w = arg;
    for (size_t u = w->round_user; u < w->user_count; u++)
        verify_user(w, u);
    return NULL;
}

static void *
verify_all(void *arg)
{
    struct writer *w = arg;
    w->round_user = 0;
    return verify_round(w);
}

// --- Rounds ----------------------------------------------------------------------------------

static void
start_writers(void *(*what)(void *), unsigned port)
{
    for (unsigned i = 0; i < WRITERS; i++) {
        client_init(&writers[i].client, port);
        assert_int_equal(pthread_create(&writers[i].thread, NULL, what, &writers[i]), 0);
    }
}

static void
join_writers(void)
{
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        client_fini(&writers[i].client);
    }
}

static void
wait_for_moment(dice *d, size_t goal)
{
    enum { PATIENCE_S = 120 };
    double start = now_s();
    while (acknowledged < goal && now_s() - start < PATIENCE_S && faults == 0)
        usleep(1000);
    if (acknowledged < goal)
        fault("only %zu of %zu sessions were acknowledged in time", (size_t)acknowledged, goal);
    usleep((unsigned)(SHORTEST_MS + dice_below(d, LONGEST_MS - SHORTEST_MS)) * 1000);
}

static void
play_round(struct server *s, unsigned round, dice *d, size_t goal)
{
    acknowledged = ends = 0;
    double start = now_s();
    start_writers(write_on, s->data_port);
    wait_for_moment(d, goal);
    server_kill(s);
    double killed = now_s();
    join_writers();
    double restart = now_s();
    server_start(s, NULL);
    double ready = now_s();
    start_writers(verify_round, s->data_port);
    join_writers();
    printf("round %u: killed after %.2f s; acknowledged %zu sessions, %zu ends; ready again in "
           "%.2f s; "
           "%u faults\n",
           round, killed - start, (size_t)acknowledged, (size_t)ends, ready - restart,
           (unsigned)faults);
    fflush(stdout);
}

static void
prepare_writers(dice *d)
{
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i].number = i;
        writers[i].dice.seed = writers[i].dice.state = dice_next(d);
    }
}

int
main(int argc, char **argv)
{
    unsigned rounds = 2;
    size_t goal = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--acknowledged") == 0 && i + 1 < argc)
            goal = strtoul(argv[++i], NULL, 10);
        else
            rounds = (unsigned)strtoul(argv[i], NULL, 10);
    dice d;
    dice_init(&d, "kill");
    prepare_writers(&d);
    struct server s;
    server_init(&s);
    server_start(&s, NULL);
    for (unsigned round = 1; round <= rounds && faults == 0; round++)
        play_round(&s, round, &d, goal);
    start_writers(verify_all, s.data_port);
    join_writers();
    server_stop(&s);
    server_fini(&s);
    for (unsigned i = 0; i < WRITERS; i++) {
        free(writers[i].sessions);
        free(writers[i].users);
    }
    printf("%u rounds, %u faults\n", rounds, (unsigned)faults);
    return faults == 0 ? 0 : 1;
}
