// SPDX-License-Identifier: MIT
//
// healthcheck: asks the service of the same settings whether work should be sent to it.
#ifndef HTTP_HEALTHCHECK_H
#define HTTP_HEALTHCHECK_H

#include <stdbool.h>

// "tenured healthcheck", with the arguments of the service behind it.
bool healthcheck_is_asked(int argc, char **argv);
// 0: /readyz of the data plane said 200 within three seconds; else 1, and one sentence on stderr.
int healthcheck_main(int argc, char **argv, char **environ_);

#endif
