// SPDX-License-Identifier: MIT
//
// server: fork, exec, and a ports file that is complete as soon as it is there.
#include "server.h"

#include "power.h"
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, STEP_MS = 5, MOST_ARGUMENTS = 64 };

static char * /* new */
path_in(const struct server *s, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", s->folder, name) < 0)
        fail_msg("out of memory for a path");
    return path;
}

static void
pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static char * /* new */
read_file(const struct server *s, const char *name)
{
    char *path = path_in(s, name), *text = NULL;
    size_t len = 0;
    FILE *f = fopen(path, "re");
    if (f && getdelim(&text, &len, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    if (f)
        fclose(f);
    free(path);
    return text ? text : strdup("");
}

void
server_init(struct server *s)
{
    const char *program = getenv("TENURED");
    if (!program)
        fail_msg("TENURED must name the program");
    *s = (struct server){.folder = tempdir_new(), .program = strdup(program)};
}

void
server_fini(struct server *s)
{
    if (s->pid)
        server_stop(s);
    tempdir_free(s->folder);
    free(s->program);
}

// --- Running it ------------------------------------------------------------------------------

static void
redirect(const struct server *s, const char *name, int to)
{
    char *path = path_in(s, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    free(path);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(127);
}

// The child ends with the test, whatever happens to that.
static void
become(const struct server *s, const char *const *settings)
{
    char *arguments[MOST_ARGUMENTS] = {s->program, "--ports-file", path_in(s, "ports")};
    char store[4096];
    snprintf(store, sizeof store, "store.path=%s/tenured.db", s->folder);
    const char *const fixed[] = {"listen.data=127.0.0.1:0", "listen.admin=127.0.0.1:0", store,
                                 NULL};
    int n = 3;
    if (s->config_file) {
        arguments[n++] = "--config";
        arguments[n++] = (char *)s->config_file;
    }
    for (int list = 0; list < 2; list++)
        for (const char *const *set = list ? settings : fixed; set && *set; set++) {
            arguments[n++] = "--set";
            arguments[n++] = (char *)*set;
        }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect(s, "log", STDOUT_FILENO);
    redirect(s, "errors", STDERR_FILENO);
    execv(s->program, arguments);
    _exit(127);
}

static void
spawn(struct server *s, const char *const *settings)
{
    char *ports = path_in(s, "ports");
    unlink(ports);
    free(ports);
    fflush(NULL);
    s->pid = fork();
    if (s->pid == 0)
        become(s, settings);
    assert_true(s->pid > 0);
}

static bool
read_ports(struct server *s)
{
    char *text = read_file(s, "ports");
    bool read = sscanf(text, "data %u admin %u", &s->data_port, &s->admin_port) == 2;
    free(text);
    return read;
}

void
server_start(struct server *s, const char *const *settings)
{
    spawn(s, settings);
    for (int waited = 0; !read_ports(s); waited += STEP_MS) {
        bool ended = waitpid(s->pid, NULL, WNOHANG) != 0;
        if (ended)
            s->pid = 0;
        if (ended || waited > PATIENCE_MS)
            fail_msg("%s did not start: %s", s->program, read_file(s, "errors"));
        pause_ms(STEP_MS);
    }
}

// --- Ending it -------------------------------------------------------------------------------

static int
wait_for_end(struct server *s)
{
    int status = 0;
    for (int waited = 0; waitpid(s->pid, &status, WNOHANG) == 0; waited += STEP_MS) {
        if (waited > PATIENCE_MS) {
            kill(s->pid, SIGABRT);
            fail_msg("%s does not end", s->program);
        }
        pause_ms(STEP_MS);
    }
    s->pid = 0;
    return status;
}

int
server_refuses(struct server *s, const char *const *settings, char *said, size_t size)
{
    spawn(s, settings);
    int status = wait_for_end(s);
    char *errors = read_file(s, "errors"), *path = path_in(s, "errors");
    snprintf(said, size, "%s", errors);
    unlink(path);
    free(path);
    free(errors);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
server_stop(struct server *s)
{
    kill(s->pid, SIGTERM);
    int status = wait_for_end(s);
    char *errors = read_file(s, "errors");
    if (status != 0 || errors[0])
        fail_msg("%s ended with status %#x and said: %s", s->program, (unsigned)status, errors);
    free(errors);
}

void
server_kill(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
    if (getenv("POWER_CUT"))
        power_cut(s->folder);
}

char *
server_log(const struct server *s)
{
    return read_file(s, "log");
}
