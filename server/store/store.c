// SPDX-License-Identifier: MIT
//
// store: picks the implementation that store.kind names.
#include "store/store.h"

#include "base/secret.h"

#include <stdio.h>
#include <string.h>

static const struct store_ops *const kinds[] = {&sqlite_store, &memory_store, &postgres_store};

uint16_t
store_slot_of_user(const uint8_t *slot_key, struct span id)
{
    return (uint16_t)(secret_siphash(slot_key, id) >> 48);
}

bool
store_key_is_before(int64_t k, int64_t next)
{
    return k < next || k >> STORE_KEY_BITS != next >> STORE_KEY_BITS;
}

struct store *
store_open(const struct config *config, char *error, size_t error_size)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(config->store_kind, kinds[i]->name) == 0)
            return kinds[i]->open(config, error, error_size);
    snprintf(error, error_size, "store.kind: \"%s\" is none of sqlite, memory, postgres",
             config->store_kind);
    return NULL;
}
