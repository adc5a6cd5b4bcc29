// SPDX-License-Identifier: MIT
//
// records: the words of a dump, as bytes.
//
// A number takes seven bits a byte, the lowest first, and the highest bit of each byte says that
// another one follows. A text is its length and its bytes. What comes one behind the other:
//
//   HEAP    name                                       until END all numbers are this heap's
//   TYPE    number, flags, name, count of slots, each slot's name
//   KEY     number of the type, position, name         of a dictionary's attribute
//   STACK   number, most frames, frames there were, file, line, function of the first,
//           count of addresses, each
//   OBJECT  serial, type, bytes, references, age, stack (0: unknown)
//   VALUE   kind, text                                 of the object before
//   EDGES   (kind + 1 | place << 3, serial)..., 0      of the object before; may come several times
//   DOMAIN  type, bytes
//   END     edges that could not be written
#ifndef TNI_INSPECT_RECORDS_H
#define TNI_INSPECT_RECORDS_H

#include "base.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum tni_record_tag {
    TNI_RECORD_HEAP = 'H',
    TNI_RECORD_TYPE = 'T',
    TNI_RECORD_KEY = 'K',
    TNI_RECORD_STACK = 'S',
    TNI_RECORD_OBJECT = 'O',
    TNI_RECORD_VALUE = 'V',
    TNI_RECORD_EDGES = 'E',
    TNI_RECORD_DOMAIN = 'D',
    TNI_RECORD_END = 'F',
};

// What a reference is, and what its place means.
enum tni_edge_kind {
    TNI_EDGE_SLOT,      // the place: which one
    TNI_EDGE_ITEM,      // which one
    TNI_EDGE_KEY,       // which one, of a dict
    TNI_EDGE_ATTRIBUTE, // which position of the type's keys
    TNI_EDGE_NATIVE,    // 0
    TNI_EDGE_WEAK,      // which one
};

enum tni_age { TNI_AGE_OLD = 2, TNI_AGE_FROZEN, TNI_AGE_UNTRACKED };
enum tni_value_kind { TNI_VALUE_TEXT, TNI_VALUE_NUMBER };

// --- Writing -------------------------------------------------------------------------------------

// Bytes on their way. Once memory lacked, nothing more is added.
struct tni_bytes {
    struct tni_memory *memory; // which counts them
    unsigned char *data;
    size_t len, room;
    bool failed;
};

// Room for [more] bytes. False: out of memory.
bool tni_bytes_reserve(struct tni_bytes *b, size_t more);
void tni_bytes_number(struct tni_bytes *b, uint64_t number);
void tni_bytes_text(struct tni_bytes *b, const char *text, size_t len);
void tni_bytes_name(struct tni_bytes *b, const char *name);
void tni_bytes_drop(struct tni_bytes *b);

// --- Reading -------------------------------------------------------------------------------------

// Where a file ends too early, or has what cannot be, [broken] is set and everything reads as 0.
struct tni_words {
    FILE *in;
    bool broken;
    bool lacks_memory;
    char *text; // the last one, ended by a NUL of its own
    size_t text_len, text_room;
};

uint64_t tni_words_number(struct tni_words *w);
// At most TNI_MOST_TEXT bytes. "" where it cannot be read.
enum { TNI_MOST_TEXT = 65536 };
const char *tni_words_text(struct tni_words *w); /* borrowed, until the next */
// EOF at the end of the file.
int tni_words_tag(struct tni_words *w);
void tni_words_drop(struct tni_words *w);

#endif
