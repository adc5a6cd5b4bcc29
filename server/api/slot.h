// SPDX-License-Identifier: MIT
//
// slot: the header by which a client may route what it asks next about the same user.
#ifndef API_SLOT_H
#define API_SLOT_H

#include "base/text.h"
#include "domain/session.h"
#include "http/request.h"

static inline void
slot_reply(struct request *r, uint16_t slot)
{
    char digits[SLOT_DIGITS + 1] = "";
    text_write_hex(digits, SLOT_DIGITS, slot);
    reply_header_value(r, "X-Tenured-Slot", digits);
}

#endif
