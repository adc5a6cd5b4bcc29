# SPDX-License-Identifier: MIT
"""Nothing that was acknowledged is lost when an instance, or the primary, is killed, or the way is cut."""

import contextlib
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

from world import HERE, Client, Instance, Postgres, Proxy, eventually, expect

BOUND = 1.0
WRITERS = 6


class Load:
    """Writers that log in, change and revoke, and keep a record of what was acknowledged."""

    def __init__(self, instances):
        self.instances, self.ended = instances, threading.Event()
        self.live, self.revoked, self.faults, self.late = {}, {}, [], 0.0
        self.last_success, self.gap, self.count = time.monotonic(), 0.0, 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.write, args=(i,)) for i in range(WRITERS)]
        self.threads.append(threading.Thread(target=self.check))
        for t in self.threads:
            t.start()

    def succeed(self):
        with self.lock:
            now = time.monotonic()
            self.gap = max(self.gap, now - self.last_success)
            self.last_success = now
            self.count += 1

    def call(self, number, *arguments):
        """Goes to the next instance when one does not answer, as a load balancer would."""
        client = self.clients[number]
        status, reply = client.call(*arguments)
        if status == 0:
            at = self.instances.index(client.instance) + 1
            self.clients[number] = Client(self.instances[at % len(self.instances)])
            time.sleep(0.02)
        elif status == 503:
            time.sleep(0.02)
        elif status >= 500:
            self.faults.append((arguments, status, reply))
        return status, reply

    clients = {}

    def write(self, number):
        self.clients[number] = Client(self.instances[number % len(self.instances)])
        user = f"user{number}"
        while not self.ended.is_set():
            if self.call(number, "PUT", f"/v1/users/{user}", {"name": user})[0] not in (200, 201):
                continue
            status, session = self.call(number, "POST", "/v1/sessions", {"user_id": user})
            if status != 201:
                continue
            self.succeed()
            self.live[session["id"]] = session["token"]
            if self.count % 3 == 0:
                self.revoke(number, session)

    def revoke(self, number, session):
        # What was asked for may have happened: from here on it is no longer known to be live.
        del self.live[session["id"]]
        if self.call(number, "DELETE", f"/v1/sessions/{session['id']}")[0] == 204:
            self.revoked[session["token"]] = time.monotonic()

    def check(self):
        """No instance says yes to a token after the bound."""
        clients = [Client(i) for i in self.instances]
        while not self.ended.is_set():
            for token, at in list(self.revoked.items())[-20:]:
                for c in clients:
                    asked = time.monotonic()
                    if c.verify(token) == 200 and asked > at + BOUND:
                        self.late = max(self.late, asked - at)
            time.sleep(0.01)

    def end(self):
        self.ended.set()
        for t in self.threads:
            t.join()

    def lost(self, instances):
        c = Client(instances[0])
        return [i for i, token in self.live.items() if not known(c, token)]


def known(c, token):
    for _ in range(100):
        status = c.verify(token)
        if status in (200, 401):
            return status == 200
        time.sleep(0.1)
    raise AssertionError("no answer")


@contextlib.contextmanager
def servers(synchronous, proxied=False):
    with contextlib.ExitStack() as all_of_it:
        primary = Postgres()
        all_of_it.callback(primary.close)
        standby = Postgres(of=primary)
        all_of_it.callback(standby.close)
        if synchronous:
            primary.do("wait")
        ports = [primary.port, standby.port]
        if proxied:
            proxies = [Proxy(p) for p in ports]
            for p in proxies:
                all_of_it.callback(p.close)
            ports = [p.port for p in proxies]
        instances = []
        for _ in range(3):
            instances.append(Instance(*ports, sessions__per_user="100000"))
            all_of_it.callback(instances[-1].close)
        yield primary, standby, instances, proxies if proxied else []


def lose_the_primary(synchronous):
    with servers(synchronous) as (primary, standby, instances, _):
        load = Load(instances)
        time.sleep(2)
        standby.do("lag")
        time.sleep(1)
        primary.do("kill")
        time.sleep(0.3)
        standby.do("promote")
        try:
            eventually(15, lambda: Client(instances[0]).put_user("after")[0] in (200, 201), "the new primary")
            time.sleep(2)
        finally:
            load.end()
        expect(not load.faults and load.late == 0, load.faults[:3], load.late)
        return len(load.live), len(load.lost(instances)), load.gap


def a_killed_primary_loses_nothing_that_was_acknowledged():
    live, lost, gap = lose_the_primary(True)
    expect(lost == 0 and live > 100, live, lost)
    return f"0 of {live} lost, no write for {gap:.1f} s"


def the_same_without_a_synchronous_standby_is_seen_to_lose():
    """The mutant: were this to lose nothing, the test above would show nothing."""
    live, lost, _ = lose_the_primary(False)
    expect(lost > 0, live, lost)
    return f"{lost} of {live} lost"


def a_cancelled_commit_is_not_an_acknowledgement():
    """It succeeds with a warning, and the standby does not have it."""
    with servers(True) as (primary, standby, instances, _):
        c = Client(instances[0], timeout=30)
        expect(c.put_user("ada")[0] == 201)
        standby.do("lag")
        answers = []
        writer = threading.Thread(target=lambda: answers.append(c.put_user("bob")[0]))
        writer.start()
        time.sleep(0.5)
        began = time.monotonic()
        cancelled = primary.sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
                                "AND query LIKE 'COMMIT%' OR query LIKE '%tenured.users%' AND wait_event = 'SyncRep'")
        writer.join(20)
        expect(int(cancelled) > 0 and answers == [503], cancelled, answers)
        expect(time.monotonic() - began < 5, "that was a timeout")


def three_instances_survive_a_kill_of_each_kind_and_a_cut():
    with servers(True, proxied=True) as (primary, standby, instances, proxies):
        load = Load(instances)
        try:
            time.sleep(1.5)
            instances[2].kill()
            time.sleep(1.5)
            instances[2].start()
            time.sleep(1)
            for p in proxies:
                p.cut = True
            time.sleep(5)
            for p in proxies:
                p.cut = False
            eventually(15, lambda: Client(instances[1]).put_user("between")[0] in (200, 201), "the end of the cut")
            time.sleep(1)
            standby.do("lag")
            time.sleep(1)
            primary.do("kill")
            for p in proxies[:1]:
                p.close()
            standby.do("promote")
            eventually(20, lambda: Client(instances[1]).put_user("after")[0] in (200, 201), "the new primary")
            time.sleep(2)
        finally:
            load.end()
        lost = load.lost(instances)
        expect(not lost and not load.faults and load.late == 0, len(lost), load.faults[:3], load.late)
        expect(len(load.live) > 100 and len(load.revoked) > 30, len(load.live), len(load.revoked))
        c = Client(instances[0])
        expect(not any(known(c, t) for t in list(load.revoked)[-200:]), "a revoked token")
        return f"0 of {len(load.live)} lost, {len(load.revoked)} revoked, no write for {load.gap:.1f} s at most"


def a_server_of_a_test_that_was_killed_ends_too():
    start = "import os, signal, world; print(world.Postgres().root, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run([sys.executable, "-B", "-c", start], cwd=HERE, stdout=subprocess.PIPE, text=True)
    root = pathlib.Path(killed.stdout.strip())
    try:
        expect(killed.returncode == -signal.SIGKILL, killed)
        process = int((root / "p" / "data" / "postmaster.pid").read_text().split()[0])
        eventually(10, lambda: not pathlib.Path("/proc", str(process)).exists(), "the end of its server")
    finally:
        shutil.rmtree(root)
