# SPDX-License-Identifier: MIT
"""What one instance changes is seen by the others, within the bound and never backwards."""

import contextlib
import threading
import time

from world import Client, Instance, Postgres, Proxy, eventually, expect, figure, figures

BOUND = 1.0


@contextlib.contextmanager
def cluster(count, proxied=False, **settings):
    with contextlib.ExitStack() as all_of_it:
        postgres = Postgres()
        all_of_it.callback(postgres.close)
        proxies = [Proxy(postgres.port) for _ in range(count)] if proxied else []
        for proxy in proxies:
            all_of_it.callback(proxy.close)
        instances = []
        for i in range(count):
            instances.append(Instance(proxies[i].port if proxied else postgres.port, **settings))
            all_of_it.callback(instances[-1].close)
        yield postgres, instances, proxies


def ten_instances_start_at_once_on_an_empty_server():
    postgres = Postgres()
    started, failures = [], []

    def start():
        try:
            started.append(Instance(postgres.port))
        except AssertionError as why:
            failures.append(why)
    threads = [threading.Thread(target=start) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for instance in started:
        instance.close()
    keys = postgres.sql("SELECT count(*) FROM tenured.meta WHERE name = 'slot_key'")
    postgres.close()
    expect(not failures and keys == "1", failures, keys)


def what_one_instance_made_another_one_answers():
    with cluster(2) as (_, (a, b), _):
        first, second = Client(a), Client(b)
        expect(first.put_user("ada", email="a@b.c")[0] == 201)
        expect(second.call("GET", "/v1/users/ada")[1]["email"] == "a@b.c")
        status, session = first.login("ada", data={"n": 1})
        expect(status == 201 and second.verify(session["token"]) == 200)
        status, found = second.call("GET", f"/v1/sessions/{session['id']}")
        expect(status == 200 and found["data"] == {"n": 1}, status, found)
        eventually(BOUND, lambda: second.call("GET", "/v1/users/ada")[1]["sessions"] == 1, "the count of sessions")
        expect(len(second.call("GET", "/v1/users/ada/sessions")[1]["items"]) == 1)
        expect(second.call("GET", "/v1/users")[1]["items"][0]["sessions"] == 1)
        status, batch = second.call("POST", "/v1/sessions/batch", {"op": "get", "ids": [session["id"], "s_0000" + 22 * "A"]})
        expect([i["status"] for i in batch["items"]] == [200, 404], batch)


def a_revoked_token_is_refused_everywhere_within_the_bound():
    delays = []
    with cluster(3) as (_, instances, _):
        clients = [Client(i) for i in instances]
        clients[0].put_user("ada")
        for turn in range(60):
            _, session = clients[turn % 3].login("ada")
            expect(all(c.verify(session["token"]) == 200 for c in clients), turn)
            expect(clients[(turn + 1) % 3].call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
            started = time.monotonic()
            for c in clients:
                eventually(BOUND, lambda: c.verify(session["token"]) == 401, "the revocation")
            delays.append(time.monotonic() - started)
    delays.sort()
    return f"p50 {delays[30] * 1000:.1f} ms, most {delays[-1] * 1000:.1f} ms"


def a_revoked_token_is_refused_within_the_bound_when_the_feed_is_cut():
    """The instance hears nothing more, and cannot ask either: it must not go on to say yes."""
    with cluster(2, proxied=True) as (_, (a, b), proxies):
        first, second = Client(a), Client(b)
        first.put_user("ada")
        _, session = first.login("ada")
        expect(second.verify(session["token"]) == 200)
        proxies[1].cut = True
        expect(first.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
        revoked = time.monotonic()
        said_yes = 0.0
        while time.monotonic() < revoked + 5:
            asked = time.monotonic()
            if second.verify(session["token"]) == 200:
                said_yes = asked - revoked
        expect(said_yes <= BOUND, said_yes)
        proxies[1].cut = False
        eventually(15, lambda: second.verify(session["token"]) == 401, "the end of the cut")
        return f"the last yes was asked for {said_yes * 1000:.0f} ms after the revocation"


def a_reset_of_all_connections_is_survived():
    with cluster(2, proxied=True) as (_, (a, b), proxies):
        first, second = Client(a), Client(b)
        first.put_user("ada")
        for _ in range(3):
            _, session = first.login("ada")
            expect(second.verify(session["token"]) == 200)
            proxies[1].reset()
            expect(first.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
            eventually(BOUND, lambda: second.verify(session["token"]) == 401, "the revocation")
            eventually(5, lambda: second.put_user("ada")[0] == 200, "the writer's connection")


def reads_of_one_instance_never_go_back():
    with cluster(3) as (_, instances, _):
        Client(instances[0]).put_user("ada", attributes={"n": 0})
        ended, faults, highest = threading.Event(), [], [0]

        def write(instance):
            c = Client(instance)
            while not ended.is_set():
                status, user = c.put_user("ada", attributes={"n": 1})
                if status == 200:
                    highest[0] = max(highest[0], user["version"])

        def read(instance):
            c, last = Client(instance), 0
            while not ended.is_set():
                asked, known = time.monotonic(), last_known(instance)
                status, user = c.call("GET", "/v1/users/ada")
                if status != 200:
                    faults.append((status, user))
                elif user["version"] < last:
                    faults.append(("back", last, user["version"]))
                else:
                    last = user["version"]
                if status == 200 and user["version"] < known:
                    faults.append(("old", known, user["version"], asked))

        # What was acknowledged a bound ago must be seen.
        history = []

        def last_known(_):
            limit = time.monotonic() - BOUND
            return max((v for at, v in list(history) if at < limit), default=0)
        threads = [threading.Thread(target=f, args=(i,)) for i in instances for f in (write, read)]
        for t in threads:
            t.start()
        for _ in range(80):
            time.sleep(0.05)
            history.append((time.monotonic(), highest[0]))
        ended.set()
        for t in threads:
            t.join()
        expect(not faults, faults[:5])
        expect(highest[0] > 50, highest)
        return f"{highest[0]} versions"


def no_update_is_lost_between_instances():
    """Each client adds one by If-Match, also to a session's data, and counts its successes."""
    with cluster(3) as (_, instances, _):
        first = Client(instances[0])
        first.put_user("ada", attributes={"n": 0})
        _, session = first.login("ada", data={"n": 0})
        path, done, faults = f"/v1/sessions/{session['id']}", [0, 0], []
        lock = threading.Lock()

        def count(instance):
            c = Client(instance)
            users = sessions = 0
            until = time.monotonic() + 4
            while time.monotonic() < until:
                status, user = c.call("GET", "/v1/users/ada")
                status, _ = c.call("PUT", "/v1/users/ada", {"name": "ada", "attributes": {"n": user["attributes"]["n"] + 1}},
                                   {"If-Match": f"\"{user['version']}\""})
                users += status == 200
                if status not in (200, 412, 503):
                    faults.append(status)
                _, found = c.call("GET", path)
                status, _ = c.call("PUT", f"{path}/data", {"n": found["data"]["n"] + 1}, {"If-Match": f"\"{found['version']}\""})
                sessions += status == 200
                if status not in (200, 412, 503):
                    faults.append(status)
            with lock:
                done[0] += users
                done[1] += sessions
        threads = [threading.Thread(target=count, args=(i,)) for i in instances]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        time.sleep(BOUND)
        for i in instances:
            c = Client(i)
            expect(c.call("GET", "/v1/users/ada")[1]["attributes"]["n"] == done[0], done)
            expect(c.call("GET", path)[1]["data"]["n"] == done[1], done)
        expect(not faults and done[0] > 20 and done[1] > 20, faults, done)
        return f"{done[0]} and {done[1]} updates"


def the_cap_holds_between_instances(policy="reject"):
    with cluster(3, sessions__per_user="7", sessions__per_user_policy=policy) as (postgres, instances, _):
        Client(instances[0]).put_user("ada")
        made = []

        def login(instance):
            c = Client(instance)
            for _ in range(12):
                made.append(c.login("ada")[0])
        threads = [threading.Thread(target=login, args=(i,)) for i in instances for _ in range(2)]
        for t in threads:
            t.start()
        most = 0
        while any(t.is_alive() for t in threads):
            most = max(most, int(postgres.sql("SELECT count(*) FROM tenured.sessions")))
        for t in threads:
            t.join()
        there = int(postgres.sql("SELECT count(*) FROM tenured.sessions"))
        expect(there == 7 and most <= 7, there, most)
        if policy == "reject":
            expect(made.count(201) == 7 and set(made) <= {201, 409, 503}, made)


def the_cap_holds_where_the_oldest_one_goes():
    the_cap_holds_between_instances("oldest")


def a_deleted_user_has_no_session_anywhere():
    with cluster(2) as (postgres, (a, b), _):
        first, second = Client(a), Client(b)
        for turn in range(10):
            first.put_user("ada")
            eventually(BOUND, lambda: second.login("ada")[0] == 201, "the user who is there again")
            tokens = [c.login("ada")[1]["token"] for c in (first, second)]
            racer = threading.Thread(target=lambda: [Client(b).login("ada") for _ in range(5)])
            racer.start()
            expect(first.call("DELETE", "/v1/users/ada")[0] == 204)
            racer.join()
            for token in tokens:
                for c in (first, second):
                    eventually(BOUND, lambda: c.verify(token) == 401, "the token of a user who is gone")
            left = postgres.sql("SELECT count(*) FROM tenured.sessions s WHERE NOT EXISTS "
                                "(SELECT 1 FROM tenured.users u WHERE u.id = s.user_id)")
            expect(left == "0", turn, left)


def who_is_logged_out_everywhere_has_no_session_of_any_instance():
    """Instances take keys from ranges of their own: the second one's are above all of the first one's, and the other way round."""
    with cluster(3) as (_, instances, _):
        clients = [Client(i) for i in instances]
        clients[0].put_user("ada")
        for turn in range(6):
            sessions = [c.login("ada")[1] for c in clients]
            stays = sessions[turn % 2] if turn % 2 else None
            path = "/v1/users/ada/sessions" + (f"?except={stays['id']}" if stays else "")
            status, reply = clients[turn % 3].call("DELETE", path)
            expect(status == 200 and reply["revoked"] == (2 if stays else 3), turn, status, reply)
            for session in sessions:
                wanted = 200 if session is stays else 401
                for c in clients:
                    eventually(BOUND, lambda: c.verify(session["token"]) == wanted, f"{wanted} of {session['id']}")
            if stays:
                expect(clients[0].call("DELETE", f"/v1/sessions/{stays['id']}")[0] == 204)


def a_user_who_is_made_again_elsewhere_is_somebody_else():
    with cluster(2) as (_, (a, b), _):
        first, second = Client(a), Client(b)
        for turn in range(5):
            for n in range(3):
                first.put_user("ada", attributes={"before": turn})
            _, session = first.login("ada")
            expect(second.call("DELETE", "/v1/users/ada")[0] == 204)
            expect(second.put_user("ada", attributes={"now": turn})[0] == 201)
            second.login("ada")
            eventually(BOUND, lambda: first.call("GET", "/v1/users/ada")[1]["attributes"] == {"now": turn}, "who she is now")
            eventually(BOUND, lambda: first.verify(session["token"]) == 401, "the end of who she was")
            expect(first.put_user("ada", attributes={"later": turn})[0] == 200)


def count_said(client):
    """How many sessions there are, as the refusal of a wrong count says."""
    status, problem = client.call("DELETE", "/v1/sessions?all=true&confirm=999999")
    expect(status == 409 and problem["type"].endswith("count-differs"), status, problem)
    return int(problem["detail"].split()[2])


def everybody_is_logged_out_by_one_instance_for_all():
    with cluster(3) as (postgres, instances, _):
        clients, tokens = [Client(i) for i in instances], []
        for n in range(60):
            clients[n % 3].put_user(f"user{n}")
            for turn in (0, 1):
                tokens.append(clients[(n + turn) % 3].login(f"user{n}")[1]["token"])
        for c in clients:
            expect(all(c.verify(t) == 200 for t in tokens))
        expect(count_said(clients[1]) == 120)
        expect(all(c.verify(tokens[0]) == 200 for c in clients), "a wrong count ends nothing")
        status, revoked = clients[1].call("DELETE", "/v1/sessions?all=true&confirm=120")
        began = time.monotonic()
        expect(status == 200 and revoked == {"revoked": 120}, status, revoked)
        expect(postgres.sql("SELECT count(*) FROM tenured.live_sessions") == "0")
        expect(all(clients[1].verify(t) == 401 for t in tokens), "the instance that did it refuses at once")
        for c in clients:
            eventually(BOUND, lambda: c.verify(tokens[0]) == 401, "the end of all")
        seen = time.monotonic() - began
        eventually(began + BOUND - time.monotonic(), lambda: all(c.verify(t) == 401 for c in clients for t in tokens[::7]), "each")
        status, _ = clients[1].call("DELETE", "/v1/sessions?all=true&confirm=120")
        expect(status == 409, status)  # sent twice, it ends nothing
        for c in clients:
            user = c.call("GET", "/v1/users/user7")[1]
            expect(user["sessions"] == 0 and user["last_session"]["reason"] == "revoked", user)
        later = clients[2].login("user7")[1]["token"]
        expect(all(c.verify(later) == 200 for c in clients), "a later login")
        eventually(25, lambda: postgres.sql("SELECT count(*) FROM tenured.sessions") == "1", "rows that nobody sees are removed")
        user = clients[0].call("GET", "/v1/users/user8")[1]
        expect(user["last_session"]["reason"] == "revoked", user)
        return f"seen by the others after {seen * 1000:.0f} ms"


def whoever_logs_in_while_everybody_is_logged_out_is_counted_or_stays():
    """Every acknowledged login is in a number that was confirmed, or lives."""
    with cluster(2) as (postgres, instances, _):
        ended, made, revoked = threading.Event(), [], 0
        Client(instances[0]).put_user("ada")

        def log_in(number):
            c = Client(instances[number % 2])
            c.put_user(f"user{number}")
            while not ended.is_set():
                status, session = c.login(f"user{number}")
                if status == 201 and not session["evicted"]:
                    made.append(session["token"])
                time.sleep(0.03)
        threads = [threading.Thread(target=log_in, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        c, until = Client(instances[0]), time.monotonic() + 4
        while time.monotonic() < until:
            status, reply = c.call("DELETE", f"/v1/sessions?all=true&confirm={count_said(c)}")
            expect(status in (200, 409), status, reply)
            revoked += reply.get("revoked", 0)
        time.sleep(0.2)
        ended.set()
        for t in threads:
            t.join()
        left = int(postgres.sql("SELECT count(*) FROM tenured.live_sessions"))
        expect(revoked + left == len(made) and revoked > 20 and left > 0, revoked, left, len(made))
        time.sleep(BOUND)
        live = [sum(Client(i).verify(t) == 200 for t in made) for i in instances]
        expect(live == [left, left], live, left)
        return f"{revoked} of {len(made)} revoked"


def a_load_that_a_change_overtakes_is_repeated():
    """The way to the store is slow, so that a revocation happens while the other instance loads."""
    with cluster(2, proxied=True) as (_, (a, b), proxies):
        first = Client(a)
        first.put_user("ada")
        for turn in range(15):
            _, session = first.login("ada")
            proxies[1].delay = 0.03
            answers = []
            loader = threading.Thread(target=lambda: answers.append(Client(b).verify(session["token"])))
            loader.start()
            time.sleep(0.01 * (turn % 5))
            expect(first.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
            loader.join()
            proxies[1].delay = 0.0
            second = Client(b)
            eventually(BOUND, lambda: second.verify(session["token"]) == 401, "a load that was too early")


def a_touch_elsewhere_keeps_a_session_alive():
    with cluster(2, sessions__touch_flush="100ms") as (_, (a, b), _):
        first, second = Client(a), Client(b)
        first.put_user("ada")
        _, session = first.login("ada", idle_ttl="2s")
        expect(second.verify(session["token"]) == 200)
        for _ in range(8):
            time.sleep(0.5)
            expect(first.call("POST", f"/v1/sessions/{session['id']}/touch")[0] == 204)
        expect(second.verify(session["token"]) == 200)


def what_expires_in_nobody_s_memory_ends_in_the_store():
    with cluster(1, sessions__touch_flush="100ms") as (postgres, (a,), _):
        first = Client(a)
        first.put_user("ada")
        first.login("ada", idle_ttl="1s")
        a.kill()
        a.start()
        eventually(25, lambda: postgres.sql("SELECT count(*) FROM tenured.sessions") == "0", "the sweep")
        status, user = Client(a).call("GET", "/v1/users/ada")
        expect(user["last_session"]["reason"] == "expired_idle" and user["sessions"] == 0, status, user)


def an_instance_forgets_whom_nobody_asks_it_for():
    """Otherwise each of N instances would end up with all sessions."""
    with cluster(2, cache__idle="1s") as (postgres, (a, b), _):
        first, second, tokens = Client(a), Client(b), []
        for n in range(100):
            first.put_user(f"user{n}")
            tokens.append(first.login(f"user{n}")[1]["token"])
        expect(all(second.verify(t) == 200 for t in tokens))
        expect(figure(b, "tenured_sessions_active") > 50, "they were in its memory")
        until = time.monotonic() + 25
        while time.monotonic() < until and figure(b, "tenured_sessions_active") > 1:
            expect(second.verify(tokens[0]) == 200)  # who is asked for stays
            time.sleep(0.2)
        expect(figure(b, "tenured_sessions_active") == 1, figure(b, "tenured_sessions_active"))
        loads = second.admin("/v1/cache")["loads"]
        expect(second.verify(tokens[0]) == 200 and second.admin("/v1/cache")["loads"] == loads)
        expect(postgres.sql("SELECT count(*) FROM tenured.sessions") == "100")
        expect(all(second.verify(t) == 200 for t in tokens) and second.admin("/v1/cache")["loads"] >= loads + 99)


def the_feed_tells_how_it_is():
    with cluster(2, proxied=True) as (_, (a, b), proxies):
        first, second = Client(a), Client(b)
        first.put_user("ada")
        _, session = first.login("ada")
        expect(second.verify(session["token"]) == 200)
        expect(first.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
        eventually(BOUND, lambda: second.verify(session["token"]) == 401, "the revocation")
        for _ in range(5):
            second.verify("tn1_0000" + 43 * "B")
        eventually(5, lambda: figure(b, "tenured_feed_up") == 1 and figure(b, "tenured_feed_beat_seconds_count") > 3, "beats")
        expect(figure(a, "tenured_feed_notices_sent_total") >= 3, figures(a))
        expect(figure(b, "tenured_feed_notices_received_total") >= 3 and figure(b, "tenured_feed_losses_total") == 0)
        expect(0 <= figure(b, "tenured_feed_beat_age_seconds") < BOUND / 2)
        expect(figure(b, "tenured_cache_rereads_total") >= 1 and figure(b, "tenured_cache_known_absent_total") >= 3, figures(b))
        info = Client(b).admin("/v1/info")
        expect(info["store"]["kind"] == "postgres" and info["feed"]["up"] is True and info["feed"]["bound_ms"] == 1000, info)
        proxies[1].cut = True
        eventually(5, lambda: figure(b, "tenured_feed_up") == 0, "a feed that is down")
        expect(figure(b, "tenured_feed_beat_age_seconds") >= BOUND / 2)
        expect(Client(b).admin("/v1/info")["feed"]["up"] is False)
        proxies[1].cut = False
        eventually(15, lambda: figure(b, "tenured_feed_up") == 1, "a feed that is up again")


def tokens_that_do_not_exist_cost_one_question():
    with cluster(1) as (postgres, (a,), _):
        first = Client(a)
        token = "tn1_0000" + 43 * "A"

        def loads():
            return first.admin("/v1/cache")["loads"]
        before = loads()
        until = time.monotonic() + 0.7
        asked = 0
        while time.monotonic() < until:
            expect(first.verify(token) == 401)
            asked += 1
        expect(loads() - before == 1 and asked > 50, loads() - before, asked)
