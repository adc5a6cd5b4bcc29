// SPDX-License-Identifier: MIT
//
// A child process that makes a mistake: see mistake.h.
#include "mistake.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void
read_all(int from, char *words, size_t size)
{
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = read(from, words + used, size - 1 - used)) > 0)
        used += (size_t)got;
    words[used] = '\0';
}

mistake_child
mistake_run(void (*mistake)(void))
{
    mistake_child c = {.status = -1};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        mistake();
        _exit(0);
    }
    close(ends[1]);
    read_all(ends[0], c.words, sizeof c.words);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &c.status, 0), pid);
    return c;
}

void
mistake_expect(void (*mistake)(void), const char *words)
{
    mistake_child c = mistake_run(mistake);
    assert_int_not_equal(c.status, 0);
    if (strstr(c.words, words) == NULL)
        fail_msg("not in the child's words: %s\n%s", words, c.words);
}
