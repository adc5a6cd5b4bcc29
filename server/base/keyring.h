// SPDX-License-Identifier: MIT
//
// keyring: a file of tokens for each scope, beside the store, made at the first start.
//
// With auth.generate a scope for which no token is configured has the tokens of its file, one a
// line: STORE/tokens/data, read, operate, dump. Files are 0600, their folder 0700.
#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include "base/config.h"

enum { KEYRING_TOKEN_LEN = 43, KEYRING_PATH_SIZE = 4096 };

// Reads the files into [c], and makes those that are missing, if auth.generate says so. One process
// a store: it has the store's lock. False: [error] is one sentence.
bool keyring_fill(struct config *c, char *error, size_t error_size);

// Where the tokens of [scope] ("read") are; false: there is no such scope.
bool keyring_path(const struct config *c, const char *scope, char path[KEYRING_PATH_SIZE]);
// 256 random bits.
void keyring_make_token(char token[KEYRING_TOKEN_LEN + 1]);

#endif
