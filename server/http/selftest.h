// SPDX-License-Identifier: MIT
//
// selftest: proves, before a listener starts, that this libmicrohttpd hands heads out as headcheck
// expects.
#ifndef HTTP_SELFTEST_H
#define HTTP_SELFTEST_H

#include <stdbool.h>

// False: a good head would be refused, or a folded one accepted.
bool selftest_heads(void);

#endif
