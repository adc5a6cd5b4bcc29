# SPDX-License-Identifier: MIT
"""Three instances behind nginx with the configuration of docker/cluster, whose names of hosts become ports here."""

import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from world import Client, Instance, Postgres, eventually, expect, figure

CONFIGURATION = pathlib.Path(__file__).resolve().parents[2] / "docker" / "cluster" / "nginx.conf"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Nginx:
    """The profile's balancer. Without [routed] it sends each request to the next one."""

    def __init__(self, instances, routed=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenure-nginx-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        text = CONFIGURATION.read_text()
        for number, instance in enumerate(instances, 1):
            assert text.count(f"tenured-{number}:8080") == 1, "the profile names three instances"
            text = text.replace(f"tenured-{number}:8080", f"127.0.0.1:{instance.port}")
        assert text.count("listen 8080;") == 1 and text.count("hash $route consistent;") == 1
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{self.port};").replace("access_log off;", self.http())
        if not routed:
            text = text.replace("hash $route consistent;", "")
        (self.folder / "nginx.conf").write_text(f"daemon off;\nerror_log {self.folder}/error.log warn;\npid {self.folder}/pid;\n{text}")
        self.process = subprocess.Popen(["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(10, self.answers, "nginx does not answer")

    def http(self):
        """Who answered goes into a header of the reply, which only this test looks at."""
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"access_log off;\n{paths}add_header X-Answered-By $upstream_addr always;"

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def balanced(routed=True, **settings):
    with contextlib.ExitStack() as all_of_it:
        postgres = Postgres()
        all_of_it.callback(postgres.close)
        instances = []
        for _ in range(3):
            instances.append(Instance(postgres.port, **settings))
            all_of_it.callback(instances[-1].close)
        nginx = Nginx(instances, routed)
        all_of_it.callback(nginx.close)
        yield nginx, instances


def who(client):
    """The port of the instance that answered; of several that were tried the last one."""
    return int(re.split(r"[:, ]+", client.headers["x-answered-by"])[-1])


def a_slot_goes_to_one_instance_whatever_names_it():
    with balanced() as (nginx, instances):
        c, ports = Client(nginx), set()
        for n in range(60):
            expect(c.put_user(f"user{n}")[0] == 201)
            of_user = who(c)
            for _ in range(3):
                expect(c.call("GET", f"/v1/users/user{n}")[0] == 200 and who(c) == of_user, "by the user's id")
            status, session = c.login(f"user{n}")
            slot = c.headers["x-tenured-slot"]
            expect(status == 201 and session["id"][2:6] == slot, session, slot)
            expect(c.call("GET", f"/v1/sessions/{session['id']}")[0] == 200)
            of_session = who(c)
            ports.add(of_session)
            for _ in range(2):
                expect(c.call("POST", f"/v1/sessions/{session['id']}/touch")[0] == 204 and who(c) == of_session, "by the id")
                status, _ = c.call("POST", "/v1/sessions/verify", {"token": session["token"]}, {"X-Tenured-Slot": slot})
                expect(status == 200 and who(c) == of_session, "by the header", who(c), of_session)
                status, _ = c.call("GET", f"/v1/users/user{n}", headers={"X-Tenured-Slot": slot})
                expect(status == 200 and who(c) == of_session, "the header goes before the path")
        expect(len(ports) == 3, "all of them have work", ports)


def what_arrives_elsewhere_is_answered_right():
    """A verify without the header goes anywhere; each instance is asked directly as well."""
    with balanced() as (nginx, instances):
        c, seen = Client(nginx), set()
        c.put_user("ada")
        _, session = c.login("ada", data={"n": 1})
        for _ in range(40):
            expect(c.verify(session["token"]) == 200)
            seen.add(who(c))
        expect(len(seen) == 3, seen)
        for i in instances:
            expect(Client(i).call("GET", f"/v1/sessions/{session['id']}")[1]["data"] == {"n": 1})
        status, changed = c.call("PUT", f"/v1/sessions/{session['id']}/data", {"n": 2}, {"If-Match": "*"})
        expect(status == 200, status, changed)
        for i in instances:
            eventually(1.0, lambda: Client(i).call("GET", f"/v1/sessions/{session['id']}")[1]["data"] == {"n": 2}, "the change")
        expect(c.call("DELETE", f"/v1/sessions/{session['id']}")[0] == 204)
        time.sleep(1.0)
        expect(all(c.verify(session["token"]) == 401 for _ in range(20)))


def the_balancer_goes_on_when_an_instance_is_killed():
    with balanced() as (nginx, instances):
        c, sessions = Client(nginx), []
        for n in range(30):
            c.put_user(f"user{n}")
            sessions.append(c.login(f"user{n}")[1])
        instances[1].kill()
        for session in sessions:
            status, found = c.call("GET", f"/v1/sessions/{session['id']}")
            expect(status == 200 and who(c) != instances[1].port, status, found)
            expect(c.verify(session["token"]) == 200)
        for n in range(30):
            expect(c.login(f"user{n}")[0] == 201)
        port = instances[1].port
        instances[1].settings["listen.data"] = f"127.0.0.1:{port}"
        instances[1].start()
        back = lambda: any(c.call("GET", f"/v1/sessions/{s['id']}")[0] == 200 and who(c) == port for s in sessions)
        eventually(20, back, "the instance that is there again has no work")
