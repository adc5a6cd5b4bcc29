// SPDX-License-Identifier: MIT
//
// service: calls of the admin plane, with the token that this tab knows.
//
// The token is kept in sessionStorage: it ends with the tab, and no other page and no request of
// the browser's own ever has it.

const KEY = "tenured-token";
const PATIENCE_MS = 5000;

// The service answered, with a problem.
export class Refused extends Error {
    constructor(status, problem) {
        super(problem.detail || problem.title || `The service answered with ${status}.`);
        this.status = status;
    }
}

// Nobody answered.
export class Gone extends Error {
}

export function hasToken() {
    return sessionStorage.getItem(KEY) !== null;
}

export function keepToken(token) {
    sessionStorage.setItem(KEY, token);
}

export function forgetToken() {
    sessionStorage.removeItem(KEY);
}

function options(method, body, patience) {
    const headers = {};
    if (hasToken())
        headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
    if (body !== undefined)
        headers["Content-Type"] = "application/json";
    return {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(patience),
    };
}

async function exchange(method, path, body, patience, read = reply => reply.text()) {
    try {
        const reply = await fetch(path, options(method, body, patience));
        if (!reply.ok)
            return {status: reply.status, ok: false, content: await reply.text()};
        return {status: reply.status, ok: true, content: await read(reply)};
    } catch (error) {
        throw new Gone(error.name === "TimeoutError" ? `There was no answer for ${patience / 1000} s.`
                                                     : "The service does not answer.");
    }
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return {};
    }
}

export async function getText(path) {
    const reply = await exchange("GET", path, undefined, PATIENCE_MS);
    if (!reply.ok)
        throw new Refused(reply.status, parse(reply.content));
    return reply.content;
}

export async function get(path) {
    return JSON.parse(await getText(path));
}

// Bytes, to be kept as a file: of an order where there is a [body]. A dump may take five minutes.
export async function getBlob(path, body) {
    const reply = await exchange(body === undefined ? "GET" : "POST", path, body, 300000, reply => reply.blob());
    if (!reply.ok)
        throw new Refused(reply.status, parse(reply.content));
    return reply.content;
}

// A change; what the service answered, or null. A full collection may take a minute.
export async function change(method, path, body) {
    const reply = await exchange(method, path, body, 70000);
    if (!reply.ok)
        throw new Refused(reply.status, parse(reply.content));
    return reply.content ? JSON.parse(reply.content) : null;
}
