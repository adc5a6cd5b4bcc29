// SPDX-License-Identifier: MIT
//
// scrape: reads Prometheus text, format 0.0.4, and fails the test at the first thing that is not as
// it must be.
//
// For each metric: HELP, TYPE, then its samples, all in one place. Names once, samples once; a
// counter ends with _total; the buckets of a histogram rise, end with +Inf, and agree with _count.
#ifndef TESTS_SCRAPE_H
#define TESTS_SCRAPE_H

// Every line of [text].
void scrape_check(const char *text);
// The value of the sample [series], such as "up{job=\"x\"}"; fails the test when there is none.
double scrape_value(const char *text, const char *series);

#endif
