// SPDX-License-Identifier: MIT
//
// origin: keeps web pages of other sites out.
#include "http/origin.h"
#include "base/address.h"

#include <string.h>
#include <strings.h>

// Nothing, or a colon and a port, which may be empty.
static bool
is_port(const char *p, const char *end)
{
    if (p < end && *p++ != ':')
        return false;
    for (; p < end; p++)
        if (*p < '0' || *p > '9')
            return false;
    return true;
}

// Copies the name out of "name:port" or "[address]:port". False: not of that form.
static bool
split_host(struct span host, char *name, size_t name_size)
{
    const char *end = host.data + host.len;
    bool bracket = host.len > 0 && host.data[0] == '[';
    const char *start = host.data + bracket;
    const char *stop = memchr(start, bracket ? ']' : ':', (size_t)(end - start));
    if (stop == NULL && bracket)
        return false;
    stop = stop != NULL ? stop : end;
    size_t len = (size_t)(stop - start);
    if (len >= name_size || !is_port(stop + bracket, end))
        return false;
    memcpy(name, start, len);
    name[len] = '\0';
    return true;
}

static bool
is_listed(const struct config_hosts *hosts, const char *name)
{
    for (size_t i = 0; hosts != NULL && i < hosts->count; i++)
        if (strcasecmp(hosts->name[i], name) == 0)
            return true;
    return false;
}

static bool
is_served(struct span host, const struct origin_rules *rules)
{
    char name[CONFIG_HOST_SIZE];
    if (!split_host(host, name, sizeof name))
        return false;
    return address_is_loopback(name) || strcasecmp(name, rules->own) == 0 ||
           is_listed(rules->hosts, name);
}

static bool
is_scheme_and_host(struct span origin, struct span scheme, struct span host)
{
    return origin.len == scheme.len + host.len &&
           strncasecmp(origin.data, scheme.data, scheme.len) == 0 &&
           strncasecmp(origin.data + scheme.len, host.data, host.len) == 0;
}

// A page of our own has the origin "http://" and what stands in Host; "https://" through a proxy.
static bool
is_own_origin(struct span origin, struct span host)
{
    return is_scheme_and_host(origin, SPAN("http://"), host) ||
           is_scheme_and_host(origin, SPAN("https://"), host);
}

enum origin_verdict
origin_check(const struct head *h, const struct origin_rules *rules)
{
    bool any_host = rules->any_host && (rules->hosts == NULL || rules->hosts->count == 0);
    if (!any_host && !is_served(h->host, rules))
        return ORIGIN_WRONG_HOST;
    if (h->origin.data != NULL && !is_own_origin(h->origin, h->host))
        return ORIGIN_FOREIGN;
    return span_is(h->fetch_site, "cross-site") ? ORIGIN_LINKED : ORIGIN_FINE;
}
