// SPDX-License-Identifier: MIT
//
// options: getopt_long, and one check for each kind of value.
#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct options *o;
    char *error;
    size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(const struct reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->error, r->size, format, args);
    va_end(args);
    return false;
}

// --- Values ------------------------------------------------------------------------------------

static bool
read_number(const struct reader *r, const char *name, const char *text, double least, double most,
            double *number)
{
    char *end;
    *number = strtod(text, &end);
    if (end == text || *end != '\0' || !(*number >= least && *number <= most))
        return refuse(r, "--%s is a number from %g to %g, not %s.", name, least, most, text);
    return true;
}

static bool
read_size(const struct reader *r, const char *name, const char *text, double least, double most,
          size_t *size)
{
    double number;
    if (!read_number(r, name, text, least, most, &number))
        return false;
    *size = (size_t)number;
    return true;
}

static bool
read_count(const struct reader *r, const char *name, const char *text, double most, unsigned *count)
{
    size_t size;
    if (!read_size(r, name, text, 1, most, &size))
        return false;
    *count = (unsigned)size;
    return true;
}

// Load goes to this machine and nowhere else.
static bool
read_address(const struct reader *r, const char *name, const char *text, char *address, size_t size)
{
    char host[40];
    unsigned port, a = 0;
    struct in_addr parsed;
    bool whole = sscanf(text, "%39[0-9.]:%u", host, &port) == 2 && port > 0 && port < 65536 &&
                 inet_pton(AF_INET, host, &parsed) == 1;
    if (whole)
        a = ntohl(parsed.s_addr) >> 24;
    if (a != 127)
        return refuse(r, "--%s is a loopback address and a port, 127.0.0.1:8080, not %s.", name,
                      text);
    snprintf(address, size, "%s:%u", host, port);
    return true;
}

// The file that tenured writes with --ports-file.
static bool
read_ports(const struct reader *r, const char *path)
{
    unsigned data, admin;
    FILE *f = fopen(path, "re");
    bool read = f && fscanf(f, "data %u admin %u", &data, &admin) == 2;
    if (f)
        fclose(f);
    if (!read)
        return refuse(r, "%s does not say the ports of a service.", path);
    snprintf(r->o->data, sizeof r->o->data, "127.0.0.1:%u", data);
    snprintf(r->o->admin, sizeof r->o->admin, "127.0.0.1:%u", admin);
    return true;
}

static bool
read_scenario(const struct reader *r, const char *name)
{
    r->o->scenario = scenario_find(name);
    return r->o->scenario || refuse(r, "There is no scenario %s.", name);
}

static bool
read_arrivals(const struct reader *r, const char *text)
{
    r->o->poisson = strcmp(text, "poisson") == 0;
    return r->o->poisson || strcmp(text, "constant") == 0 ||
           refuse(r, "--arrivals is constant or poisson, not %s.", text);
}

static bool
read_mix(const struct reader *r, const char *text)
{
    r->o->has_mix = true;
    return scenario_read_mix(text, r->o->mix) ||
           refuse(r, "--mix is a list of weights such as verify=70,user=30, not %s.", text);
}

// --- The table ---------------------------------------------------------------------------------

// Name, short form, and what the help says.
#define OPTIONS(X)                                                                                 \
    X("data", 'd', "ADDRESS", "of the data plane: 127.0.0.1:8080")                                 \
    X("admin", 'a', "ADDRESS", "of the admin plane: 127.0.0.1:8081")                               \
    X("ports", 'P', "FILE", "reads both ports from what tenured wrote with --ports-file")          \
    X("scenario", 's', "NAME", "one of those below: steady")                                       \
    X("mix", 'm', "LIST",                                                                          \
      "weights of what is asked, instead of the scenario's: verify=70,user=30")                    \
    X("keys", 'k', "KIND", "zipf (0.99), uniform, hot (90 % for a tenth) or scan: zipf")           \
    X("arrivals", 'A', "KIND", "poisson or constant: poisson")                                     \
    X("rate", 'r', "N", "requests a second: 1000")                                                 \
    X("users", 'u', "N", "users: the scenario's")                                                  \
    X("sessions", 'S', "N", "sessions of each user: the scenario's")                               \
    X("payload", 'p', "BYTES", "of a session's data: 200")                                         \
    X("duration", 't', "SECONDS", "of the run: 10")                                                \
    X("warmup", 'w', "SECONDS", "of the same before that, which are shown and not counted: 0")     \
    X("seed", 'R', "N", "of all random numbers: 1")                                                \
    X("threads", 'T', "N", "that ask: 2")                                                          \
    X("connections", 'c', "N", "of all threads: 64")                                               \
    X("lag", 'l', "MS",                                                                            \
      "more than one request in a hundred so late by our own fault: no report: 5")                 \
    X("people", 'f', "FILE",                                                                       \
      "who is in: read if it is there, instead of logging in, else written")                       \
    X("json", 'j', "FILE", "the report as JSON")                                                   \
    X("hgrm", 'H', "FILE", "the latencies as HdrHistogram's plotters read them")                   \
    X("quiet", 'q', NULL, "no progress")                                                           \
    X("help", 'h', NULL, "this")

static const struct option long_options[] = {
#define OPTION_ROW(name, letter, value, help)                                                      \
    {name, (value) != NULL ? required_argument : no_argument, NULL, letter},
    OPTIONS(OPTION_ROW)
#undef OPTION_ROW
        {0},
};

void
options_print_help(FILE *f)
{
    fputs("tenure-load [OPTION]...: asks a service at a rate that does not wait for it.\n\n", f);
#define OPTION_HELP(name, letter, value, help)                                                     \
    fprintf(f, "  --%-12s %-8s %s\n", name, (value) ? (value) : "", help);
    OPTIONS(OPTION_HELP)
#undef OPTION_HELP
    fputs("\nScenarios:\n", f);
    for (size_t i = 0; i < scenario_count; i++)
        fprintf(f, "  %-10s %s\n", scenarios[i].name, scenarios[i].sentence);
    fputs("\nWhat may be asked (--mix):\n", f);
#define ASK_HELP(name, word, meaning) fprintf(f, "  %-10s %s\n", word, meaning);
    ASKS(ASK_HELP)
#undef ASK_HELP
    fputs("\nTENURE_LOAD_TOKEN and TENURE_LOAD_ADMIN_TOKEN are sent as bearer tokens.\n", f);
}

static bool
read_option(const struct reader *r, int letter, const char *v)
{
    struct options *o = r->o;
    size_t seed;
    switch (letter) {
    case 'd':
        return read_address(r, "data", v, o->data, sizeof o->data);
    case 'a':
        return read_address(r, "admin", v, o->admin, sizeof o->admin);
    case 'P':
        return read_ports(r, v);
    case 's':
        return read_scenario(r, v);
    case 'm':
        return read_mix(r, v);
    case 'k':
        return keys_read(v, &o->keys) || refuse(r, "There are no keys of kind %s.", v);
    case 'A':
        return read_arrivals(r, v);
    case 'r':
        return read_number(r, "rate", v, 1, 200000, &o->rate);
    case 'u':
        return read_size(r, "users", v, 1, 2000000, &o->users);
    case 'S':
        return read_count(r, "sessions", v, 1000, &o->per_user);
    case 'p':
        return read_size(r, "payload", v, 0, 8000, &o->payload);
    case 't':
        return read_number(r, "duration", v, 0.1, 3600, &o->seconds);
    case 'w':
        return read_number(r, "warmup", v, 0, 600, &o->warmup);
    case 'R':
        if (!read_size(r, "seed", v, 0, 9e15, &seed))
            return false;
        o->seed = seed;
        return true;
    case 'T':
        return read_count(r, "threads", v, 16, &o->threads);
    case 'c':
        return read_count(r, "connections", v, 4096, &o->connections);
    case 'l':
        return read_number(r, "lag", v, 0, 60000, &o->lag_ms);
    case 'f':
        o->people = v;
        return true;
    case 'j':
        o->json = v;
        return true;
    case 'H':
        o->hgrm = v;
        return true;
    case 'q':
        o->quiet = true;
        return true;
    case 'h':
        return refuse(r, "%s", "");
    default:
        return refuse(r, "An option is unknown or lacks its value; --help shows them.");
    }
}

// What the scenario knows where nothing was said, and what does not fit together.
static bool
complete(const struct reader *r)
{
    struct options *o = r->o;
    if (o->users == 0)
        o->users = o->scenario->users;
    if (o->per_user == 0)
        o->per_user = o->scenario->per_user;
    if (o->users * o->per_user < o->threads)
        o->threads = (unsigned)(o->users * o->per_user);
    if (o->connections < o->threads)
        o->connections = o->threads;
    if (o->users * o->per_user > 4000000)
        return refuse(r, "%zu users with %u sessions each are more than 4000000.", o->users,
                      o->per_user);
    return true;
}

bool
options_read(struct options *o, int argc, char **argv, char *error, size_t size)
{
    struct reader r = {.o = o, .error = error, .size = size};
    *o = (struct options){.data = "127.0.0.1:8080",
                          .admin = "127.0.0.1:8081",
                          .scenario = &scenarios[0],
                          .poisson = true,
                          .rate = 1000,
                          .payload = 200,
                          .seconds = 10,
                          .lag_ms = 5,
                          .seed = 1,
                          .threads = 2,
                          .connections = 64};
    optind = 0; // so that a test may read two command lines
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
        if (!read_option(&r, letter, optarg))
            return false;
    if (optind < argc)
        return refuse(&r, "%s is no option.", argv[optind]);
    return complete(&r);
}
