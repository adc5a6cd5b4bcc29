#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sessions_aiohttp.py PATHS: the same reads in Python: a dictionary of sessions, users in a dictionary that holds them weakly,
the collector off and everything frozen. PATHS has a path /v1/sessions/ID a line. Prints its port."""
import asyncio
import gc
import sys
import weakref

from aiohttp import web

TIME = "2026-11-22T12:39:12.531Z"


class User:
    __slots__ = ("id", "name", "sessions", "__weakref__")

    def __init__(self, name):
        self.id, self.name, self.sessions = name, name, []


class Session:
    __slots__ = ("id", "user", "data")

    def __init__(self, name, user):
        self.id, self.user, self.data = name, user, {"cart": [1, 2, 3]}
        user.sessions.append(self)


def fill(paths):
    users = weakref.WeakValueDictionary()
    sessions = {}
    for i, path in enumerate(paths):
        name = f"u{i % 100}"
        user = users.get(name) or User(name)
        users[name] = user
        session = Session(path.split("/")[-1], user)
        sessions[session.id] = session
    return sessions, users


async def serve(sessions):
    async def show(request):
        s = sessions.get(request.match_info["id"])
        if s is None:
            return web.json_response({"title": "not found"}, status=404)
        return web.json_response({"id": s.id, "user_id": s.user.id, "data": s.data, "client": None, "version": 1,
                                  "created_at": TIME, "last_seen_at": TIME, "idle_expires_at": TIME, "expires_at": TIME})

    app = web.Application()
    app.router.add_get("/v1/sessions/{id}", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="ascii") as f:
        held = fill(f.read().split())
    gc.disable()
    gc.freeze()
    asyncio.run(serve(held[0]))
