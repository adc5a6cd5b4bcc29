// SPDX-License-Identifier: MIT
//
// Settings of strangers, one --set a line: accepted as a whole, or refused with a sentence.
#include "fuzz.h"

#include "base/config.h"

#include <string.h>

enum { MOST_LINES = 16 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1), *rest = text, *environment[] = {NULL}, error[512] = "";
    char *arguments[2 * MOST_LINES + 2] = {"tenured"};
    int count = 1;
    struct config config;
    MUST(text);
    memcpy(text, data, size);
    for (char *line; count < 2 * MOST_LINES && (line = strsep(&rest, "\n")) != NULL;) {
        arguments[count++] = "--set";
        arguments[count++] = line;
    }
    if (config_load(&config, count, arguments, environment, error, sizeof error)) {
        MUST(config.shown && config.http_connections >= 16 && config.limits_json_depth <= 1024);
        config_fini(&config);
    } else {
        MUST(error[0] != '\0');
    }
    free(text);
    return 0;
}
