// SPDX-License-Identifier: MIT
#include "object/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// By way of a copy: the former message may be one of the arguments.
static void
say(struct tni_objects *s, const char *format, va_list args)
{
    char sentence[sizeof s->message];
    vsnprintf(sentence, sizeof sentence, format, args);
    memcpy(s->message, sentence, sizeof sentence);
}

tn_err
tni_refuse(struct tni_objects *s, tn_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(s, format, args);
    va_end(args);
    return err;
}

tn_err
tn_fail(tn_heap *heap, tn_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say((struct tni_objects *)heap, format, args);
    va_end(args);
    return err;
}

const char *
tn_last_message(const tn_heap *heap)
{
    return ((const struct tni_objects *)heap)->message;
}
