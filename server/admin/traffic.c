// SPDX-License-Identifier: MIT
//
// traffic: metric by metric, because the samples of both planes must stand together.
//
// A route shows from its first request on, so that a plane at rest says little.
#include "admin/traffic.h"

#include "http/problem.h"

#include <stdio.h>

struct plane {
    const char *name;
    struct listener *listener;
};

enum { PLANES = 2 };

static const char *
method_of(const struct tally_row *row)
{
    return row->route != NULL ? row->route->method : "none";
}

static const char *
pattern_of(const struct tally_row *row)
{
    return row->route != NULL ? row->route->pattern : "none";
}

static void
add_statuses(struct exposition *e, const char *plane, const struct tally_row *row)
{
    char code[16];
    for (unsigned i = 0; i < TALLY_STATUSES; i++) {
        if (row->by_status[i] == 0)
            continue;
        snprintf(code, sizeof code, "%u", TALLY_FIRST_STATUS + i);
        exposition_add(e, (double)row->by_status[i], "plane", plane, "route", pattern_of(row),
                       "method", method_of(row), "code", code, NULL);
    }
}

static void
add_duration(struct exposition *e, const char *plane, const struct tally_row *row)
{
    if (histogram_count(&row->duration) > 0)
        exposition_add_histogram(e, &row->duration, "plane", plane, "route", pattern_of(row),
                                 "method", method_of(row), NULL);
}

typedef void add_row_fn(struct exposition *e, const char *plane, const struct tally_row *row);

static void
add_rows(struct exposition *e, const struct plane *planes, add_row_fn *add)
{
    struct tally_row row;
    for (int i = 0; i < PLANES; i++)
        for (size_t n = 0; tally_read(listener_tally(planes[i].listener), n, &row); n++)
            add(e, planes[i].name, &row);
}

static void
add_rejected(struct exposition *e, const struct plane *planes)
{
    exposition_begin(e, "tenured_http_rejected_total", EXPOSITION_COUNTER,
                     "Requests that were answered with a problem, by its type.");
    for (int i = 0; i < PLANES; i++)
        for (unsigned n = 0; problem_type(n) != NULL; n++)
            exposition_add(e, (double)tally_read_problems(listener_tally(planes[i].listener), n),
                           "plane", planes[i].name, "reason", problem_type(n), NULL);
}

static void
add_present(struct exposition *e, const struct plane *planes)
{
    exposition_begin(e, "tenured_http_connections", EXPOSITION_GAUGE, "Open connections.");
    for (int i = 0; i < PLANES; i++)
        exposition_add(e, listener_connections(planes[i].listener), "plane", planes[i].name, NULL);
    exposition_begin(e, "tenured_http_in_flight", EXPOSITION_GAUGE,
                     "Requests whose reply is not sent yet.");
    for (int i = 0; i < PLANES; i++)
        exposition_add(e, listener_in_flight(planes[i].listener), "plane", planes[i].name, NULL);
}

static void
add_cut(struct exposition *e, const struct plane *planes)
{
    exposition_begin(e, "tenured_http_cut_total", EXPOSITION_COUNTER,
                     "Connections that ended because a phase took too long.");
    for (int i = 0; i < PLANES; i++)
        for (enum phase phase = 0; phase < PHASES; phase++)
            exposition_add(e, listener_cut(planes[i].listener, phase), "plane", planes[i].name,
                           "phase", phase_name(phase), NULL);
}

void
traffic_add(struct exposition *e, struct listener *data, struct listener *admin)
{
    const struct plane planes[PLANES] = {{"data", data}, {"admin", admin}};
    exposition_begin(e, "tenured_http_requests_total", EXPOSITION_COUNTER, "Requests answered.");
    add_rows(e, planes, add_statuses);
    exposition_begin(e, "tenured_http_request_duration_seconds", EXPOSITION_HISTOGRAM,
                     "From the head of a request to the end of its reply.");
    add_rows(e, planes, add_duration);
    add_rejected(e, planes);
    add_present(e, planes);
    add_cut(e, planes);
}
