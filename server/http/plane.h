// SPDX-License-Identifier: MIT
//
// plane: a listener as the configuration wants it: address, threads, limits, tokens, hosts.
#ifndef HTTP_PLANE_H
#define HTTP_PLANE_H

#include "base/config.h"
#include "http/listener.h"

enum plane { PLANE_DATA, PLANE_ADMIN };

// [config] must outlive the listener. On failure NULL, and [error] is one sentence.
struct listener *plane_start(const struct config *config, enum plane plane,
                             const struct route *routes, void *app, char *error,
                             size_t error_size); /* new */

// Both planes take the tokens of [fresh], the configuration that was read again. False: [error] is
// one sentence.
bool plane_reload(struct listener *data, struct listener *admin, const struct config *running,
                  const struct config *fresh, char *error, size_t error_size);

#endif
