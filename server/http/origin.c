// SPDX-License-Identifier: MIT
//
// origin: keeps web pages of other sites out of a plane that asks for no token.
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
is_served(struct span host, const char *own)
{
    char name[64];
    if (!split_host(host, name, sizeof name))
        return false;
    return address_is_loopback(name) || strcasecmp(name, own) == 0;
}

// A page of our own has the origin "http://" and what stands in Host.
static bool
is_own_origin(struct span origin, struct span host)
{
    static const struct span scheme = SPAN("http://");
    return origin.len == scheme.len + host.len &&
           strncasecmp(origin.data, scheme.data, scheme.len) == 0 &&
           strncasecmp(origin.data + scheme.len, host.data, host.len) == 0;
}

enum origin_verdict
origin_check(const struct head *h, const char *own)
{
    if (!is_served(h->host, own))
        return ORIGIN_WRONG_HOST;
    if (h->origin.data != NULL && !is_own_origin(h->origin, h->host))
        return ORIGIN_FOREIGN;
    if (span_is(h->fetch_site, "cross-site"))
        return ORIGIN_FOREIGN;
    return ORIGIN_FINE;
}
