// SPDX-License-Identifier: MIT
//
// What the programs of the bench share: a clock, random numbers, and how a figure is said.
//
// A program prints one line a figure, "name value unit"; times are in ns, sizes in B. run.sh and
// tables.py make tables of them.
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t bench_now_ns(void);
// Bytes of the process that are in memory now.
size_t bench_resident(void);
void bench_print(const char *name, double value, const char *unit);
void bench_print_since(const char *name, uint64_t started_ns);
// Ends the program with a sentence that names [what] unless [ok].
void bench_must(bool ok, const char *what);
// A positive number of the command line; ends the program if it is none.
size_t bench_read_count(const char *text);
// Sorts [values]: the middle one.
double bench_median(double *values, size_t count);
// The [i]-th of 2^64 numbers in an order without a pattern; no two are alike.
uint64_t bench_random(uint64_t i);
// Prints what one of [count] operations takes: the median of several calls of [run].
void bench_measure(const char *name, void (*run)(void *arg, size_t count), void *arg, size_t count);

// Lets the compiler drop neither [p] nor what was written to its object.
static inline void
bench_keep(const void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

#endif
