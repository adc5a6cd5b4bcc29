// SPDX-License-Identifier: MIT
#include "inspect/records.h"

#include "inspect/arena.h"
#include "memory/alloc.h"

enum { MOST_NUMBER = 10 }; // bytes

// --- Writing -------------------------------------------------------------------------------------

bool
tni_bytes_reserve(struct tni_bytes *b, size_t more)
{
    if (b->failed || b->len + more <= b->room)
        return !b->failed;
    size_t room = b->room + b->room / 2 + more + 4096;
    void *data = tni_table_resize(b->memory, b->data, b->room, room);
    b->failed = data == NULL;
    if (data == NULL)
        return false;
    b->data = data;
    b->room = room;
    return true;
}

void
tni_bytes_number(struct tni_bytes *b, uint64_t number)
{
    if (!tni_bytes_reserve(b, MOST_NUMBER))
        return;
    for (; number > 127; number >>= 7)
        b->data[b->len++] = (unsigned char)(number | 128);
    b->data[b->len++] = (unsigned char)number;
}

void
tni_bytes_text(struct tni_bytes *b, const char *text, size_t len)
{
    tni_bytes_number(b, len);
    if (!tni_bytes_reserve(b, len))
        return;
    memcpy(b->data + b->len, text, len);
    b->len += len;
}

void
tni_bytes_name(struct tni_bytes *b, const char *name)
{
    size_t len = strlen(name);
    tni_bytes_text(b, name, len < TNI_MOST_TEXT ? len : TNI_MOST_TEXT);
}

void
tni_bytes_drop(struct tni_bytes *b)
{
    tni_table_resize(b->memory, b->data, b->room, 0);
    *b = (struct tni_bytes){.memory = b->memory};
}

// --- Reading -------------------------------------------------------------------------------------

static int
next_byte(struct tni_words *w)
{
    int c = w->broken ? EOF : getc_unlocked(w->in);
    w->broken |= c == EOF;
    return c;
}

uint64_t
tni_words_number(struct tni_words *w)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < MOST_NUMBER; i++) {
        int c = next_byte(w);
        if (c == EOF)
            return 0;
        number |= (uint64_t)(c & 127) << (7 * i);
        if (c < 128)
            return number;
    }
    w->broken = true;
    return 0;
}

static bool
make_room(struct tni_words *w, size_t room)
{
    if (room <= w->text_room)
        return true;
    char *text = tni_scratch_resize(w->text, room);
    w->lacks_memory |= text == NULL;
    w->broken |= text == NULL;
    if (text == NULL)
        return false;
    w->text = text;
    w->text_room = room;
    return true;
}

const char *
tni_words_text(struct tni_words *w)
{
    size_t len = tni_words_number(w);
    w->broken |= len > TNI_MOST_TEXT;
    w->text_len = 0;
    if (w->broken || !make_room(w, len + 1))
        return "";
    w->broken |= fread(w->text, 1, len, w->in) != len;
    w->text_len = w->broken ? 0 : len;
    w->text[w->text_len] = '\0';
    return w->text;
}

int
tni_words_tag(struct tni_words *w)
{
    return w->broken ? EOF : getc_unlocked(w->in);
}

void
tni_words_drop(struct tni_words *w)
{
    free(w->text);
    w->text = NULL;
}
