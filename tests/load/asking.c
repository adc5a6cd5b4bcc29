// SPDX-License-Identifier: MIT
//
// asking: one case for each kind.
#include "asking.h"

#include "must.h"

#include <stdarg.h>

static bool
is_about_session(enum ask ask)
{
    return ask == ASK_VERIFY || ask == ASK_SESSION || ask == ASK_DATA || ask == ASK_TOUCH;
}

static bool
changes(enum ask ask)
{
    return ask == ASK_LOGIN || ask == ASK_LOGOUT;
}

static enum ask
settle_change(enum ask ask, const struct place *place)
{
    if (ask == ASK_TURN)
        ask = place->state == PLACE_IN ? ASK_LOGOUT : ASK_LOGIN;
    if (place->state == PLACE_CHANGING || (ask == ASK_LOGOUT && place->waiting > 0))
        return ASK_USER;
    if (ask == ASK_LOGIN && place->state == PLACE_IN)
        return ASK_VERIFY;
    return ask == ASK_LOGOUT && place->state == PLACE_OUT ? ASK_USER : ask;
}

enum ask
asking_settle(const struct asking *a, enum ask ask, const struct place *place)
{
    if (is_about_session(ask) && place->state != PLACE_IN)
        ask = place->state == PLACE_OUT ? a->offline : ASK_USER;
    return changes(ask) || ask == ASK_TURN ? settle_change(ask, place) : ask;
}

// --- What is sent ------------------------------------------------------------------------------

static void __attribute__((format(printf, 3, 4)))
set_path(struct call *c, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(c->path, sizeof c->path, format, args);
    va_end(args);
    must(len > 0 && (size_t)len < sizeof c->path, "a path is too long");
    c->method = method;
}

static void __attribute__((format(printf, 2, 3))) set_body(struct call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(c->body, c->room, format, args);
    va_end(args);
    must(len > 0 && (size_t)len < c->room, "a body is too long");
    c->has_body = true;
}

static void
set_login(const struct asking *a, struct call *c, size_t user)
{
    char ttl[64] = "";
    if (a->ttl_ms)
        snprintf(ttl, sizeof ttl, "\"absolute_ttl\":\"%lums\",", (unsigned long)a->ttl_ms);
    set_path(c, "POST", "/v1/sessions");
    set_body(c, "{\"user_id\":\"load-%zu\",%s\"data\":{\"x\":\"%0*d\"}}", user, ttl,
             (int)a->payload, 0);
}

void
asking_begin(const struct asking *a, struct call *c)
{
    struct place *place = &a->people->place[c->place];
    size_t user = c->place / a->people->per_user;
    if (changes(c->ask))
        place->state = PLACE_CHANGING;
    else if (is_about_session(c->ask))
        place->waiting++;
    switch (c->ask) {
    case ASK_VERIFY:
        set_path(c, "POST", "/v1/sessions/verify");
        set_body(c, "{\"token\":\"%s\"}", place->token);
        return;
    case ASK_SESSION:
        set_path(c, "GET", "/v1/sessions/%s", place->id);
        return;
    case ASK_LIST:
        set_path(c, "GET", "/v1/users/load-%zu/sessions", user);
        return;
    case ASK_DATA:
        set_path(c, "PUT", "/v1/sessions/%s/data", place->id);
        set_body(c, "{\"x\":\"%0*d\"}", (int)a->payload, 1);
        c->if_match = true;
        return;
    case ASK_TOUCH:
        set_path(c, "POST", "/v1/sessions/%s/touch", place->id);
        return;
    case ASK_LOGIN:
        set_login(a, c, user);
        return;
    case ASK_LOGOUT:
        set_path(c, "DELETE", "/v1/sessions/%s", place->id);
        return;
    case ASK_PUT:
        set_path(c, "PUT", "/v1/users/load-%zu", user);
        set_body(c, "{\"name\":\"User %zu\",\"email\":\"load-%zu@example.org\"}", user, user);
        return;
    default:
        set_path(c, "GET", "/v1/users/load-%zu", user);
    }
}

// --- What is answered --------------------------------------------------------------------------

static bool
end_login(struct call *c, struct place *place)
{
    bool in = c->status == 201 && people_login(place, c->reply);
    place->state = in ? PLACE_IN : PLACE_OUT;
    return in;
}

// Whoever is told that there is no such session is out.
static bool
end_question(const struct call *c, struct place *place)
{
    place->waiting--;
    if ((c->status == 401 || c->status == 404) && place->state == PLACE_IN)
        place->state = PLACE_OUT;
    return !tally_is_error(c->status);
}

bool
asking_end(const struct asking *a, struct call *c)
{
    struct place *place = &a->people->place[c->place];
    if (c->ask == ASK_LOGIN)
        return end_login(c, place);
    if (c->ask == ASK_LOGOUT) {
        place->state = c->status == 204 ? PLACE_OUT : PLACE_IN;
        return c->status == 204;
    }
    return is_about_session(c->ask) ? end_question(c, place) : !tally_is_error(c->status);
}
