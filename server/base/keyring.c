// SPDX-License-Identifier: MIT
//
// keyring: a file of tokens for each scope, beside the store.
//
// A file is complete and synced before it has its name, so a start that is cut short leaves none or
// a good one. Only paths are logged.
#include "base/keyring.h"

#include "base/file.h"
#include "base/keys.h"
#include "base/log.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 65536 };

static const struct scope {
    const char *name, *key;
    size_t offset; // of its tokens in struct config
} scopes[] = {
    {"data", "auth.data", offsetof(struct config, auth_data)},
    {"read", "auth.read", offsetof(struct config, auth_read)},
    {"operate", "auth.operate", offsetof(struct config, auth_operate)},
    {"dump", "auth.dump", offsetof(struct config, auth_dump)},
};

enum { SCOPES = sizeof scopes / sizeof scopes[0] };

static bool
refuse(const char *path, char *error, size_t error_size)
{
    snprintf(error, error_size, "auth.generate: %.200s: %s", path, strerror(errno));
    return false;
}

void
keyring_make_token(char token[KEYRING_TOKEN_LEN + 1])
{
    uint8_t bytes[32];
    secret_random(bytes, sizeof bytes);
    secret_base64url(token, bytes, sizeof bytes);
    secret_wipe(bytes, sizeof bytes);
}

// --- Places --------------------------------------------------------------------------------------

// The folder's path; false: too long.
static bool
folder_of(const struct config *c, char path[KEYRING_PATH_SIZE])
{
    char copy[KEYRING_PATH_SIZE];
    if (snprintf(copy, sizeof copy, "%s", c->store_path) >= (int)sizeof copy)
        return false;
    return snprintf(path, KEYRING_PATH_SIZE, "%s/tokens", dirname(copy)) < KEYRING_PATH_SIZE;
}

bool
keyring_path(const struct config *c, const char *scope, char path[KEYRING_PATH_SIZE])
{
    char folder[KEYRING_PATH_SIZE];
    for (size_t i = 0; i < SCOPES; i++)
        if (strcmp(scopes[i].name, scope) == 0)
            return folder_of(c, folder) &&
                   snprintf(path, KEYRING_PATH_SIZE, "%s/%s", folder, scope) < KEYRING_PATH_SIZE;
    return false;
}

// With the store's folder, which a store in memory does not have.
static bool
make_folder(const char *folder, char *error, size_t error_size)
{
    char copy[KEYRING_PATH_SIZE];
    snprintf(copy, sizeof copy, "%s", folder);
    const char *above = dirname(copy);
    if (mkdir(above, 0700) != 0 && errno != EEXIST)
        return refuse(above, error, error_size);
    return mkdir(folder, 0700) == 0 || errno == EEXIST || refuse(folder, error, error_size);
}

// --- Files ---------------------------------------------------------------------------------------

static bool
make_file(const char *path, char *error, size_t error_size)
{
    char line[KEYRING_TOKEN_LEN + 2];
    keyring_make_token(line);
    strcat(line, "\n");
    bool made = file_make_private(path, line);
    secret_wipe(line, sizeof line);
    return made || refuse(path, error, error_size);
}

static bool
read_file(struct config *c, const struct scope *s, const char *path, char *error, size_t error_size)
{
    struct reading r = {.config = c, .place = path, .error = error, .error_size = error_size};
    char *text = file_read(path, FILE_LIMIT);
    if (!text)
        return refuse(path, error, error_size);
    size_t size = strlen(text), len = size;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    r.shown = json_object(); // thrown away: a file's tokens are no setting
    bool stored = keys_store_text(&r, keys_find(s->key), text);
    json_decref(r.shown);
    secret_wipe(text, size);
    free(text);
    return stored;
}

static bool
fill_scope(struct config *c, const struct scope *s, unsigned *made, char *error, size_t error_size)
{
    char path[KEYRING_PATH_SIZE];
    const struct config_tokens *tokens = (const void *)((const char *)c + s->offset);
    if (tokens->count > 0)
        return true;
    keyring_path(c, s->name, path);
    if (access(path, F_OK) != 0) {
        if (!make_file(path, error, error_size))
            return false;
        ++*made;
    }
    return read_file(c, s, path, error, error_size);
}

bool
keyring_fill(struct config *c, char *error, size_t error_size)
{
    char folder[KEYRING_PATH_SIZE];
    unsigned made = 0;
    if (!c->auth_generate)
        return true;
    if (!folder_of(c, folder)) {
        errno = ENAMETOOLONG;
        return refuse(c->store_path, error, error_size);
    }
    if (!make_folder(folder, error, error_size))
        return false;
    for (size_t i = 0; i < SCOPES; i++)
        if (!fill_scope(c, &scopes[i], &made, error, error_size))
            return false;
    log_event(LOG_INFO, "tokens", "folder", "s", folder, "made", "d", (long)made, NULL);
    return true;
}
