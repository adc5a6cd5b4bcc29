// SPDX-License-Identifier: MIT
//
// commands: what the program does instead of serving.
//
// None of them writes a file or opens the store, so each may be run beside a service.
#include "base/commands.h"

#include "base/config.h"
#include "base/file.h"
#include "base/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 512, FILE_LIMIT = 65536 };

static bool
refuse(char *error, const char *sentence, const char *subject)
{
    snprintf(error, ERROR_SIZE, sentence, subject);
    return false;
}

static bool
is_word(int argc, char **argv, int at, const char *word)
{
    return argc > at && strcmp(argv[at], word) == 0;
}

// Where the flag without a value stands; 0: nowhere.
static int
find_flag(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return i;
    return 0;
}

bool
commands_is_one(int argc, char **argv)
{
    return is_word(argc, argv, 1, "token") || find_flag(argc, argv, "--check") ||
           find_flag(argc, argv, "--print-config");
}

// --- Tokens --------------------------------------------------------------------------------------

static bool
print_file(const char *path, char *error)
{
    char *text = file_read(path, FILE_LIMIT);
    if (!text) {
        snprintf(error, ERROR_SIZE, "token: %.200s: %s", path, strerror(errno));
        return false;
    }
    fputs(text, stdout);
    secret_wipe(text, strlen(text));
    free(text);
    return true;
}

static bool
show_token(const struct config *c, const char *scope, char *error)
{
    char path[KEYRING_PATH_SIZE];
    if (!c->auth_generate)
        return refuse(error, "token: auth.generate is off, so there is no file of %.100s", scope);
    if (!keyring_path(c, scope, path))
        return refuse(error, "token: %.100s is none of: data read operate dump", scope);
    return print_file(path, error);
}

// What config reads stands behind the scope.
static bool
run_show(int argc, char **argv, char **environ_, char *error)
{
    struct config c;
    if (argc < 4 || argv[3][0] == '-')
        return refuse(error, "token: say of which scope: %s", "data, read, operate or dump");
    if (!config_load(&c, argc - 3, argv + 3, environ_, error, ERROR_SIZE))
        return false;
    bool shown = show_token(&c, argv[3], error);
    config_fini(&c);
    return shown;
}

static bool
run_token(int argc, char **argv, char **environ_, char *error)
{
    char token[KEYRING_TOKEN_LEN + 1];
    if (is_word(argc, argv, 2, "show"))
        return run_show(argc, argv, environ_, error);
    if (argc != 3 || strcmp(argv[2], "new") != 0)
        return refuse(error, "token: %s", "say new, or show and a scope");
    keyring_make_token(token);
    puts(token);
    secret_wipe(token, sizeof token);
    return true;
}

// --- Settings ------------------------------------------------------------------------------------

// Without the word, the flags are those of the service.
static void
remove_at(int *argc, char **argv, int at)
{
    --*argc;
    for (int i = at; i < *argc; i++)
        argv[i] = argv[i + 1];
}

static bool
run_settings(int argc, char **argv, char **environ_, char *error)
{
    struct config c;
    int check = find_flag(argc, argv, "--check");
    if (check)
        remove_at(&argc, argv, check);
    int print = find_flag(argc, argv, "--print-config");
    if (print)
        remove_at(&argc, argv, print);
    if (!config_load(&c, argc, argv, environ_, error, ERROR_SIZE))
        return false;
    puts(print ? c.shown : "tenured: the settings are valid");
    config_fini(&c);
    return true;
}

int
commands_main(int argc, char **argv, char **environ_)
{
    char error[ERROR_SIZE];
    bool done = is_word(argc, argv, 1, "token") ? run_token(argc, argv, environ_, error)
                                                : run_settings(argc, argv, environ_, error);
    if (!done)
        fprintf(stderr, "tenured: %s\n", error);
    return done ? 0 : 1;
}
