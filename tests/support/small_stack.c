// SPDX-License-Identifier: MIT
//
// A thread whose stack is a small mapping: see small_stack.h.
#include "small_stack.h"

#include <pthread.h>
#include <sys/mman.h>

typedef struct task {
    tn_heap *heap;
    void (*fn)(tn_heap *heap, void *arg);
    void *arg;
} task;

static void *
perform(void *arg)
{
    task *t = arg;
    tn_heap_adopt(t->heap);
    t->fn(t->heap, t->arg);
    return NULL;
}

void
small_stack_run(tn_heap *heap, void (*fn)(tn_heap *heap, void *arg), void *arg)
{
    task t = {heap, fn, arg};
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *stack = mmap(NULL, SMALL_STACK, PROT_READ | PROT_WRITE, flags, -1, 0);
    assert_ptr_not_equal(stack, MAP_FAILED);
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, SMALL_STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, perform, &t), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    munmap(stack, SMALL_STACK);
    tn_heap_adopt(heap);
}
