// SPDX-License-Identifier: MIT
#include "trace/unwind.h"

#include "base.h"

#include <pthread.h>

// What a function that keeps its frame pointer has on the stack.
struct frame {
    const struct frame *caller;
    uintptr_t address; // where the caller goes on
};

// The end of the calling thread's stack, asked for once a thread: a file is read for it.
static uintptr_t
stack_end(void)
{
    static _Thread_local uintptr_t end;
    pthread_attr_t attributes;
    if (end != 0 || pthread_getattr_np(pthread_self(), &attributes) != 0)
        return end;
    void *base;
    size_t size;
    if (pthread_attr_getstack(&attributes, &base, &size) == 0)
        end = (uintptr_t)base + size;
    pthread_attr_destroy(&attributes);
    return end;
}

static bool
is_frame(const struct frame *f, uintptr_t above, uintptr_t end)
{
    uintptr_t at = (uintptr_t)f;
    return at > above && at % sizeof(uintptr_t) == 0 && at <= end - sizeof *f;
}

__attribute__((no_sanitize("address"))) uint32_t
tni_unwind(uintptr_t *addresses, uint32_t max)
{
    enum { MOST = 1 << 20 };
    uintptr_t end = stack_end();
    const struct frame *f = __builtin_frame_address(0);
    uint32_t total = 0;
    for (uintptr_t above = 0; end != 0 && is_frame(f, above, end) && total < MOST; total++) {
        if (f->address == 0)
            break;
        if (total < max)
            addresses[total] = f->address;
        above = (uintptr_t)f;
        f = f->caller;
    }
    return total;
}
