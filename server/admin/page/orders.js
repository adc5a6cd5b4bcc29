// SPDX-License-Identifier: MIT
//
// orders: the buttons that collect, freeze, trace and download, and what each did.

import {change, getBlob} from "./service.js";
import {byId, say} from "./panels.js";
import * as words from "./words.js";

function collected(result) {
    return `Freed ${words.count(result.collected)} objects and ${words.bytes(result.bytes_freed)}; `
        + `the longest pause was ${words.seconds(result.pause_max_seconds)}, users in memory `
        + `${words.count(result.before.users_resident)} \u2192 ${words.count(result.after.users_resident)}.`;
}

function frozen(result) {
    const {frozen, delta} = result;
    return `${words.count(frozen.objects)} objects (${words.bytes(frozen.bytes)}) are frozen, `
        + `${words.signed(delta.objects, words.count)} against before.`;
}

// Method, path and body of each order, and its result in words.
const ORDERS = {
    collect: () => ["v1/gc/collect", {generation: Number(byId("generation").value)}, collected],
    freeze: () => ["v1/gc/freeze", {}, frozen],
    refreeze: () => ["v1/gc/refreeze", {}, frozen],
    unfreeze: () => ["v1/gc/unfreeze", {}, frozen],
};

// One order at a time: its button keeps the focus and is not pressed twice.
async function give(button, order, done) {
    const [path, body, tell] = order(), result = byId("order-result");
    if (button.getAttribute("aria-busy") === "true")
        return;
    button.setAttribute("aria-busy", "true");
    say(result, `${button.textContent}\u2026`);
    try {
        say(result, tell(await change("POST", path, body)));
    } catch (error) {
        say(result, error.message);
    }
    button.removeAttribute("aria-busy");
    done();
}

// --- Tracing -------------------------------------------------------------------------------------

async function trace(mode) {
    const result = byId("order-result");
    try {
        const {previous, current} = await change("PATCH", "v1/memory/tracing", {mode});
        say(result, `Tracing was ${previous.mode}, and is ${current.mode}.`);
    } catch (error) {
        say(result, error.message);
    }
}

// As somebody else may have changed it; not under the hands of who chooses.
export function showTracing(reading) {
    const list = byId("tracing");
    if (document.activeElement !== list)
        list.value = reading.memory.traced.mode;
}

// --- Downloads -----------------------------------------------------------------------------------

// Format, file, and who reads it.
const DUMPS = {
    heapsnapshot: ["tenured.heapsnapshot", "the Memory panel of Chrome's DevTools"],
    ndjson: ["tenured.ndjson", "jq"],
    collapsed: ["tenured.collapsed.txt", "flamegraph.pl"],
};

// A link cannot show the token, so the bytes come by a call and are handed over as a file.
async function download(path, name, reader, body) {
    const result = byId("order-result");
    say(result, `${name}\u2026`);
    try {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await getBlob(path, body));
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
        say(result, `${name} is downloaded; ${reader} reads it.`);
    } catch (error) {
        say(result, error.message);
    }
}

function dump() {
    const format = byId("dump-format").value;
    return download("v1/heap/dump", ...DUMPS[format], {format});
}

// [done] is called behind each.
export function wire(done) {
    byId("tracing").addEventListener("change", async event => {
        await trace(event.target.value);
        done();
    });
    byId("profile").addEventListener("click", () => download("debug/pprof/heap", "heap.pb.gz", "go tool pprof"));
    byId("dump").addEventListener("click", dump);
    for (const button of document.querySelectorAll("[data-order]"))
        button.addEventListener("click", () => give(button, ORDERS[button.dataset.order], done));
}
