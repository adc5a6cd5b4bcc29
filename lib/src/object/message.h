// SPDX-License-Identifier: MIT
//
// message: the sentence about the last call that was refused.
#ifndef TNI_OBJECT_MESSAGE_H
#define TNI_OBJECT_MESSAGE_H

#include "object/objects.h"

// Formats a sentence into the heap's last message and returns [err].
tn_err tni_refuse(struct tni_objects *s, tn_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

#endif
