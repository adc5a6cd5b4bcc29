// SPDX-License-Identifier: MIT
//
// wire: libcurl says which sockets it waits for, epoll waits, and a timer of its own wakes it to
// the microsecond, because libcurl's and epoll's own time-outs are in milliseconds.
#include "wire.h"

#include "must.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, PATIENCE_S = 30, REPLY_ROOM = 65536 };

uint64_t
wire_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// --- What libcurl calls --------------------------------------------------------------------------

static size_t
receive(char *data, size_t one, size_t size, void *arg)
{
    struct call *c = arg;
    size_t room = c->reply_room - 1 - c->reply_len, part = size < room ? size : room;
    memcpy(c->reply + c->reply_len, data, part);
    c->reply_len += part;
    return size;
}

static size_t
look_at_header(char *data, size_t one, size_t size, void *arg)
{
    static const char hit[] = "X-Cache: hit", miss[] = "X-Cache: miss";
    struct call *c = arg;
    if (size >= sizeof hit - 1 && memcmp(data, hit, sizeof hit - 1) == 0)
        c->cache = CACHE_HIT;
    else if (size >= sizeof miss - 1 && memcmp(data, miss, sizeof miss - 1) == 0)
        c->cache = CACHE_MISS;
    return size;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct wire *w = arg;
    struct epoll_event e = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
        curl_multi_assign(w->multi, fd, NULL);
        return 0;
    }
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(w->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    curl_multi_assign(w->multi, fd, w);
    return 0;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
    struct wire *w = arg;
    w->curl_due_ns = ms < 0 ? 0 : wire_now() + (uint64_t)ms * 1000000;
    return 0;
}

// --- Making --------------------------------------------------------------------------------------

static struct curl_slist * /* new */
make_headers(const char *token)
{
    char line[600];
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    list = curl_slist_append(list, "Expect:");
    if (token) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        list = curl_slist_append(list, line);
    }
    must(list != NULL, "out of memory");
    return list;
}

static void
make_call(struct wire *w, struct call *c, const char *token, size_t body_size)
{
    c->easy = curl_easy_init();
    must(c->easy != NULL, "libcurl gives no handle");
    c->body = must_calloc(1, c->room = body_size);
    c->reply = must_calloc(1, c->reply_room = REPLY_ROOM);
    c->headers = make_headers(token);
    c->conditional = curl_slist_append(make_headers(token), "If-Match: *");
    c->next_free = w->free;
    w->free = c;
}

static void
watch_timer(struct wire *w)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = w->timer};
    must(epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->timer, &e) == 0, "epoll takes no timer");
}

void
wire_init(struct wire *w, const char *address, const char *token, unsigned calls, size_t body_size,
          wire_done_fn *done, void *arg)
{
    *w = (struct wire){.count = calls, .done = done, .arg = arg};
    snprintf(w->base, sizeof w->base, "http://%s", address);
    w->multi = curl_multi_init();
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    must(w->multi && w->epoll >= 0 && w->timer >= 0, "no descriptors are left");
    watch_timer(w);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)calls);
    w->calls = must_calloc(calls, sizeof *w->calls);
    for (unsigned i = 0; i < calls; i++)
        make_call(w, &w->calls[i], token, body_size);
}

void
wire_fini(struct wire *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        curl_easy_cleanup(w->calls[i].easy);
        curl_slist_free_all(w->calls[i].headers);
        curl_slist_free_all(w->calls[i].conditional);
        free(w->calls[i].body);
        free(w->calls[i].reply);
    }
    free(w->calls);
    curl_multi_cleanup(w->multi);
    close(w->timer);
    close(w->epoll);
}

// --- Sending -------------------------------------------------------------------------------------

struct call *
wire_take(struct wire *w)
{
    struct call *c = w->free;
    if (!c)
        return NULL;
    w->free = c->next_free;
    c->has_body = c->if_match = false;
    c->reply_len = 0;
    c->status = 0;
    c->cache = CACHE_NONE;
    return c;
}

static void
set_request(struct wire *w, struct call *c)
{
    char url[sizeof w->base + WIRE_PATH_SIZE];
    snprintf(url, sizeof url, "%s%s", w->base, c->path);
    curl_easy_reset(c->easy);
    curl_easy_setopt(c->easy, CURLOPT_URL, url);
    curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->if_match ? c->conditional : c->headers);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, look_at_header);
    curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    if (c->has_body)
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
    if (strcmp(c->method, c->has_body ? "POST" : "GET") != 0)
        curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, c->method);
}

void
wire_send(struct wire *w, struct call *c)
{
    set_request(w, c);
    w->busy++;
    must(curl_multi_add_handle(w->multi, c->easy) == CURLM_OK, "libcurl takes no request");
}

// --- Waiting -------------------------------------------------------------------------------------

static void
end_call(struct wire *w, struct call *c, CURLcode code)
{
    if (code == CURLE_OK)
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->status);
    c->reply[c->reply_len] = '\0';
    curl_multi_remove_handle(w->multi, c->easy);
    w->busy--;
    c->next_free = w->free;
    w->free = c;
    w->done(w->arg, c);
}

static bool
take_answers(struct wire *w)
{
    CURLMsg *message;
    int left;
    bool any = false;
    while ((message = curl_multi_info_read(w->multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            struct call *c;
            CURLcode code = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
            end_call(w, c, code);
            any = true;
        }
    return any;
}

// At [ns]; 0 is the next moment, because a timer at 0 would be none.
static void
set_timer(struct wire *w, uint64_t ns)
{
    struct itimerspec at = {.it_value = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)}};
    if (ns == 0)
        at.it_value.tv_nsec = 1;
    timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void
handle(struct wire *w, const struct epoll_event *e)
{
    int running, what = (e->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                        (e->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                        (e->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    if (e->data.fd != w->timer)
        curl_multi_socket_action(w->multi, e->data.fd, what, &running);
}

static void
run_timeouts(struct wire *w)
{
    int running;
    if (w->curl_due_ns == 0 || w->curl_due_ns > wire_now())
        return;
    w->curl_due_ns = 0;
    curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return b == 0 || a < b ? a : b;
}

void
wire_wait(struct wire *w, uint64_t until_ns)
{
    struct epoll_event events[EVENTS];
    do {
        run_timeouts(w);
        if (take_answers(w))
            return;
        set_timer(w, earlier(until_ns, w->curl_due_ns));
        int n = epoll_wait(w->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            handle(w, &events[i]);
        run_timeouts(w);
    } while (!take_answers(w) && wire_now() < until_ns);
}

void
wire_give_up(struct wire *w)
{
    for (unsigned i = 0; i < w->count; i++) {
        struct call *c = w->free;
        while (c && c != &w->calls[i])
            c = c->next_free;
        if (!c)
            end_call(w, &w->calls[i], CURLE_ABORTED_BY_CALLBACK);
    }
}
