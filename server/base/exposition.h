// SPDX-License-Identifier: MIT
//
// exposition: figures as Prometheus reads them: text, format 0.0.4.
//
// A metric is begun once, and its samples follow: so HELP and TYPE stand before them, and each name
// stands once. A failure is the text's.
#ifndef BASE_EXPOSITION_H
#define BASE_EXPOSITION_H

#include "base/histogram.h"
#include "base/text.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_kind { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition {
    struct text *text; // borrowed
    const char *name;  // of the metric that was begun; borrowed
};

// [help] is one sentence.
void exposition_begin(struct exposition *e, const char *name, enum exposition_kind kind,
                      const char *help);
// A sample. Names and values of its labels follow as strings, ended by NULL.
void exposition_add(struct exposition *e, double value, ...) __attribute__((sentinel));
// The samples of a histogram, in seconds; labels likewise.
void exposition_add_histogram(struct exposition *e, const struct histogram *h, ...)
    __attribute__((sentinel));
// A metric of one sample.
void exposition_add_one(struct exposition *e, const char *name, enum exposition_kind kind,
                        const char *help, double value);

#endif
