// SPDX-License-Identifier: MIT
//
// panels: figures, tables and findings, written into what is there already.
//
// What the service says becomes text, never markup.

import * as words from "./words.js";

const RUNS_SHOWN = 12;

export function byId(id) {
    return document.getElementById(id);
}

// Text that did not change is left alone, so that nobody's selection or reading is disturbed.
export function say(element, text) {
    if (element.textContent !== text)
        element.textContent = text;
}

function row(cells) {
    const tr = document.createElement("tr");
    for (const [text, isNumber] of cells) {
        const td = tr.insertCell();
        td.textContent = text;
        td.className = isNumber ? "n" : "";
    }
    return tr;
}

// --- Figures -------------------------------------------------------------------------------------

function tile(name, value, more) {
    say(byId(`tile-${name}`), value);
    say(byId(`tile-${name}-more`), more);
}

function showPause(reading) {
    const run = reading.runs[0];
    if (!run)
        return;
    tile("pause", words.seconds(run.pause_max_seconds),
         `${words.cause(run)}, ${words.ago(reading.at - Date.parse(run.ended_at))}`);
}

export function showTiles(reading, point, ratioSeconds) {
    showPause(reading);
    tile("memory", words.bytes(point.traced), `process ${words.bytes(point.rss)}`);
    tile("ratio", words.percent(point.ratio),
         Number.isNaN(point.ratio) ? "nobody asked" : `of the last ${ratioSeconds} s`);
    tile("resident", words.count(point.resident),
         `${words.count(reading.traffic.sessions)} live sessions`);
    tile("rate", words.rate(point.rate), Number.isNaN(point.failed) ? "none just now"
        : `${words.percent(point.failed)} failed`);
    tile("latency", words.seconds(point.p99), Number.isNaN(point.p50) ? "none just now"
        : `median ${words.seconds(point.p50)}`);
}

export function showAbout(reading) {
    const {info} = reading, {store} = info;
    say(byId("about"), `${info.version} \u00b7 up ${words.span(info.uptime_seconds * 1000)} \u00b7 `
        + `${info.shards} ${info.shards === 1 ? "shard" : "shards"} \u00b7 store ${store.kind}`);
}

// --- Tables --------------------------------------------------------------------------------------

let lastRun = null;

export function showRuns(reading) {
    const {runs} = reading, newest = `${reading.info.started_at} ${runs.length ? runs[0].number : 0}`;
    if (newest === lastRun)
        return;
    lastRun = newest;
    byId("runs-empty").hidden = runs.length > 0;
    byId("runs").replaceChildren(...runs.slice(0, RUNS_SHOWN).map(run => {
        const {hits, misses} = run.cache;
        return row([
            [words.clock(Date.parse(run.ended_at))], [words.operation(run)], [words.cause(run)],
            [words.seconds(run.pause_max_seconds), true], [words.bytes(run.bytes_freed), true],
            [words.count(run.collected), true],
            [`${words.count(run.before.users_resident)} \u2192 ${words.count(run.after.users_resident)}`, true],
            [hits + misses ? words.percent(hits / (hits + misses)) : "\u2013", true],
        ]);
    }));
}

export function showCensus(reading) {
    const {since, items} = reading.census;
    say(byId("census-since"), words.clock(Date.parse(since)));
    byId("census").replaceChildren(...items.map(type => row([
        [type.type], [words.count(type.count), true], [words.signed(type.count_growth, words.count), true],
        [words.bytes(type.bytes), true], [words.signed(type.bytes_growth, words.bytes), true],
    ])));
}

// --- Doctor --------------------------------------------------------------------------------------

function evidence(of) {
    return Object.entries(of).map(([name, value]) => `${name.replaceAll("_", " ")}: ${value}`).join(", ");
}

// The clipboard is there on this machine and behind TLS; elsewhere the command is selected.
async function copy(code, button) {
    try {
        await navigator.clipboard.writeText(code.textContent);
        say(button, "Copied");
    } catch {
        getSelection().selectAllChildren(code);
        say(button, "Selected");
    }
}

function finding(item) {
    const li = byId("finding").content.firstElementChild.cloneNode(true);
    const code = li.querySelector("code"), button = li.querySelector("button");
    li.dataset.severity = item.severity;
    li.querySelector(".severity").textContent = item.severity;
    li.querySelector(".message").textContent = item.message;
    li.querySelector(".evidence").textContent = evidence(item.evidence);
    code.textContent = item.suggestion;
    code.setAttribute("aria-label", `Command for ${item.code}`);
    button.setAttribute("aria-label", `Copy the command for ${item.code}`);
    button.addEventListener("click", () => copy(code, button));
    return li;
}

let lastFindings = null;

export function showFindings(items, at) {
    const now = JSON.stringify(items);
    const list = byId("findings");
    byId("doctor-empty").hidden = items.length > 0;
    say(byId("doctor-empty"), `Nothing to mend, as of ${words.clock(at)}.`);
    if (now !== lastFindings && !list.contains(document.activeElement)) {
        lastFindings = now;
        list.replaceChildren(...items.map(finding));
    }
}
