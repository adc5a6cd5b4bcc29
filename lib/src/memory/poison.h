// SPDX-License-Identifier: MIT
//
// poison: tells AddressSanitizer what is free inside our own pages, which it cannot see.
//
// In a sanitizer build the last TNI_QUARANTINE freed slots of each bin stay poisoned and are not
// used again, so that a late access is reported instead of hitting a new object.
#ifndef TNI_MEMORY_POISON_H
#define TNI_MEMORY_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define TNI_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TNI_ASAN 1
#endif
#endif

enum { TNI_QUARANTINE = 1024 };

#ifdef TNI_ASAN
#include <sanitizer/asan_interface.h>
enum { TNI_HAS_QUARANTINE = 1 };
#define TNI_POISON(p, size)   __asan_poison_memory_region((p), (size))
#define TNI_UNPOISON(p, size) __asan_unpoison_memory_region((p), (size))
#define TNI_IS_POISONED(p)    __asan_address_is_poisoned(p)
#else
enum { TNI_HAS_QUARANTINE = 0 };
#define TNI_POISON(p, size)   ((void)(p), (void)(size))
#define TNI_UNPOISON(p, size) ((void)(p), (void)(size))
#define TNI_IS_POISONED(p)    ((void)(p), 0)
#endif

#endif
