// SPDX-License-Identifier: MIT
//
// people: the users and their places, each of which may hold a live session.
//
// Place p is one of user p / per_user. Each thread asks for places of its own only, so nobody
// locks.
#ifndef LOAD_PEOPLE_H
#define LOAD_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PLACE_ID_SIZE = 29, PLACE_TOKEN_SIZE = 52 };

enum place_state { PLACE_OUT, PLACE_IN, PLACE_CHANGING };

struct place {
    uint16_t waiting; // questions about its session that are under way
    uint8_t state;
    char id[PLACE_ID_SIZE], token[PLACE_TOKEN_SIZE];
};

struct people {
    size_t users, places;
    unsigned per_user;
    struct place *place;
};

void people_init(struct people *p, size_t users, unsigned per_user);
void people_fini(struct people *p);
// Who is in, one a line: place, id, token. Reading says false where a line is none.
void people_write(const struct people *p, FILE *f);
bool people_read(struct people *p, FILE *f);
// Puts the session that the reply to a login shows into [place]; false: it shows none.
bool people_login(struct place *place, const char *reply);

#endif
