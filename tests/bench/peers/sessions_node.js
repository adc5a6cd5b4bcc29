// SPDX-License-Identifier: MIT
//
// sessions_node.js PATHS: the same reads in Node: a Map of sessions, users in a Map of WeakRefs. PATHS has a path
// /v1/sessions/ID a line. Prints its port.
'use strict';
const fs = require('fs');
const http = require('http');

const TIME = '2026-11-22T12:39:12.531Z';
const sessions = new Map();
const users = new Map();

function userOf(name) {
    let user = users.get(name)?.deref();
    if (!user) {
        user = {id: name, name, sessions: []};
        users.set(name, new WeakRef(user));
    }
    return user;
}

fs.readFileSync(process.argv[2], 'ascii').trim().split('\n').forEach((path, i) => {
    const session = {id: path.split('/').pop(), user: userOf(`u${i % 100}`), data: {cart: [1, 2, 3]}};
    session.user.sessions.push(session);
    sessions.set(session.id, session);
});

function reply(response, status, body) {
    const text = JSON.stringify(body);
    response.writeHead(status, {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)});
    response.end(text);
}

const server = http.createServer((request, response) => {
    const s = sessions.get(request.url.slice('/v1/sessions/'.length));
    if (!s)
        return reply(response, 404, {title: 'not found'});
    reply(response, 200, {id: s.id, user_id: s.user.id, data: s.data, client: null, version: 1, created_at: TIME,
                          last_seen_at: TIME, idle_expires_at: TIME, expires_at: TIME});
});
server.listen(0, '127.0.0.1', 1024, () => console.log(server.address().port));
