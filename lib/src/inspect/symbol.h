// SPDX-License-Identifier: MIT
//
// symbol: what stands in the source at an address of this program.
#ifndef TNI_INSPECT_SYMBOL_H
#define TNI_INSPECT_SYMBOL_H

#include "inspect/arena.h"
#include "tenure/tenure.h"

struct tni_symbols; // the program's debug information

// Reads what the program has mapped. NULL: it cannot be read.
struct tni_symbols *tni_symbols_open(void); /* new: tni_symbols_close */
void tni_symbols_close(struct tni_symbols *symbols);

// The callers of whoever called the library: of return addresses, the innermost first, those of the
// library's own functions and of the one that called it are left out. Fills at most [max] frames
// and returns how many; [skipped] addresses were left out.
size_t tni_symbols_callers(struct tni_symbols *symbols, struct tni_arena *a,
                           const uintptr_t *addresses, size_t count, tn_site *frames, size_t max,
                           size_t *skipped);

#endif
