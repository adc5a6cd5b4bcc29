// SPDX-License-Identifier: MIT
//
// main: asks, draws, waits; again as long as somebody looks.
//
// Nothing is asked before what came last is drawn. A hidden tab asks nothing: it draws no frame,
// and the loop ends. A service that is gone is asked on, and its lines have a gap meanwhile.

import * as charts from "./charts.js";
import * as figures from "./figures.js";
import * as orders from "./orders.js";
import * as panels from "./panels.js";
import * as rules from "./rules.js";
import * as service from "./service.js";
import * as words from "./words.js";

const {byId, say} = panels;
const EVERY_MS = 1000, DOCTOR_EVERY_MS = 10000, KEPT = 2000, RATIO_SECONDS = 10, HIDDEN_MS = 5000;

const toCount = words.count, toMs = value => words.seconds(value / 1000);
const tickMs = value => value >= 1000 ? `${value / 1000} s` : `${Number(value.toPrecision(1))} ms`;
const ms = name => point => point[name] * 1000;
const latency = {title: "Latency", words: toMs, ticks: tickMs, logarithmic: true};
const size = title => ({title, words: words.bytes, ticks: words.roundBytes, round: charts.roundBytes});
const hits = {title: "Cache hit ratio", words: words.percent, round: () => 1};

const CHARTS = {
    timeline: {
        panes: {time: {...latency, title: "Latency and pause", weight: 3}, ratio: {...hits, weight: 2}},
        lines: [
            {label: "latency p99", pane: "time", color: "latency", of: ms("p99")},
            {label: "latency median", pane: "time", color: "median", of: ms("p50"), dash: [4, 2]},
            {label: "cache hit ratio", pane: "ratio", color: "ratio", of: p => p.ratio},
            {label: "collection: its pause and cause", pane: "time", color: "pause", runs: true},
        ],
        stems: {dataset: 3, keep: 125}, // the title of the pane
    },
    memory: {
        panes: {process: size("Process"), heap: size("Heaps")},
        lines: [{label: "RSS", pane: "process", color: "rss", of: p => p.rss},
                {label: "traced", pane: "heap", color: "traced", of: p => p.traced},
                {label: "frozen", pane: "heap", color: "frozen", of: p => p.frozen, dash: [4, 2]}],
    },
    objects: {
        panes: {objects: {title: "", words: toCount, round: charts.roundCount, stacked: true}},
        lines: ["young", "middle", "old", "frozen"].map((color, i) => (
            {label: i < 3 ? `gen ${i}` : "frozen", pane: "objects", color, fill: i ? "-1" : "origin",
             of: p => p.objects[i]})),
    },
    cache: {
        panes: {resident: {title: "Users in memory", words: toCount, round: charts.roundCount},
                ratio: {...hits, title: "Hit ratio"}},
        lines: [{label: "users", pane: "resident", color: "traced", of: p => p.resident},
                {label: "hit ratio", pane: "ratio", color: "ratio", of: p => p.ratio}],
    },
    requests: {
        panes: {rate: {title: "Per second", words: toCount, round: charts.roundCount}, time: latency},
        lines: [{label: "requests", pane: "rate", color: "rss", of: p => p.rate},
                {label: "p99", pane: "time", color: "latency", of: ms("p99")},
                {label: "median", pane: "time", color: "median", of: ms("p50"), dash: [4, 2]}],
    },
};

const drawn = {};        // charts by name
const readings = [];     // the last RATIO_SECONDS of them
let points = [];
let runs = [];
let last = null;         // the last reading
let lost = null;         // since when the service is gone, by this machine's clock
let skew = 0;            // the service's clock against this machine's
let doctorAsked = -Infinity;

const now = () => Date.now() + skew;

// --- What came -----------------------------------------------------------------------------------

// The hit ratio of the time before the page was opened, run by run.
function pointsOfHistory(history, until) {
    return history.filter(run => run.ended < until).reverse().map(run => {
        const {hits, misses} = run.cache;
        return {...figures.gap(run.ended), ratio: hits + misses ? hits / (hits + misses) : NaN};
    });
}

function begin(reading) {
    readings.length = 0;
    if (points.length)
        points.push(figures.gap(reading.at));
    else
        points = pointsOfHistory(reading.runs, reading.at);
}

function keep(reading) {
    for (const run of reading.runs)
        run.ended = Date.parse(run.ended_at);
    skew = reading.at - Date.now();
    if (!last || !figures.isSameRun(last, reading))
        begin(reading);
    else if (reading.at - last.at > HIDDEN_MS)
        points.push(figures.gap(last.at + 1));
    runs = reading.runs;
    readings.push(reading);
    while (readings.length > 2 && readings[1].at <= reading.at - RATIO_SECONDS * 1000)
        readings.shift();
    points.push(figures.point(readings[0], readings.at(-2) || reading, reading));
    points = points.slice(-KEPT);
    last = reading;
}

// --- Drawing -------------------------------------------------------------------------------------

function summary(name) {
    const sets = drawn[name].data.datasets;
    const parts = sets.map(set => {
        const value = set.data.findLast(p => !Number.isNaN(p.y));
        const pane = CHARTS[name].panes[set.yAxisID];
        return `${set.label} ${value ? pane.words(value.y) : "unknown"}`;
    });
    return `${byId(`${name}-title`).textContent}, now: ${parts.join(", ")}`;
}

function drawCharts() {
    const to = now(), from = to - Number(byId("window").value);
    for (const [name, spec] of Object.entries(CHARTS)) {
        drawn[name] ??= charts.makeChart(byId(name), spec);
        charts.draw(drawn[name], spec, points, runs, from, to);
        byId(name).setAttribute("aria-label", summary(name));
    }
}

function show(reading) {
    panels.showAbout(reading);
    panels.showTiles(reading, points.at(-1), RATIO_SECONDS);
    panels.showRuns(reading);
    orders.showTracing(reading);
    panels.showCensus(reading);
    drawCharts();
}

// It may refuse, because it is asked too often; the rest goes on.
async function askDoctor() {
    if (Date.now() - doctorAsked < DOCTOR_EVERY_MS)
        return;
    doctorAsked = Date.now();
    try {
        panels.showFindings((await service.get("v1/doctor")).items, now());
    } catch (error) {
        if (!(error instanceof service.Refused))
            throw error;
        say(byId("doctor-empty"), error.message);
    }
}

// --- The state of the service --------------------------------------------------------------------

function setState(state, text) {
    byId("state").dataset.state = state;
    say(byId("state-words"), text);
}

function found(reading) {
    const back = lost !== null;
    const anew = last && !figures.isSameRun(last, reading);
    if (back || anew)
        say(byId("order-result"), anew ? `The service was started anew at ${words.clock(Date.parse(reading.info.started_at))}.`
            : `The service is back after ${words.span(Date.now() - lost)}.`);
    lost = null;
    byId("gone").hidden = true;
    setState("live", "live");
}

function missed(error) {
    lost ??= Date.now();
    points.push(figures.gap(now()));
    const banner = byId("gone");
    say(banner, `The service is gone since ${words.clock(lost)}: ${error.message} `
        + "This page asks on, and goes on by itself when it is back.");
    banner.hidden = false;
    setState("gone", "gone");
    if (last)
        drawCharts();
}

// --- The token -----------------------------------------------------------------------------------

function askForToken() {
    const ask = byId("ask");
    if (ask.open)
        return;
    say(byId("ask-why"), service.hasToken() ? "This token is not valid on the admin plane."
        : "The admin plane of this service answers those who have a token.");
    service.forgetToken();
    byId("token").value = "";
    setState("gone", "needs a token");
    ask.showModal();
}

function wireToken() {
    byId("ask").addEventListener("cancel", event => event.preventDefault());
    byId("ask-form").addEventListener("submit", () => service.keepToken(byId("token").value.trim()));
    byId("ask").addEventListener("close", watch);
    byId("forget").addEventListener("click", () => {
        service.forgetToken();
        location.reload();
    });
}

// --- The loop ------------------------------------------------------------------------------------

async function look() {
    try {
        if (lost !== null)
            await service.getText("livez"); // one question is enough to learn that it is still gone
        const reading = await figures.read();
        found(reading);
        keep(reading);
        show(reading);
        await rules.showRules(now());
        await askDoctor();
    } catch (error) {
        if (error instanceof service.Refused && error.status === 401)
            askForToken();
        else if (error instanceof service.Refused || error instanceof service.Gone)
            missed(error);
        else
            console.error(error);
    }
    byId("forget").hidden = !service.hasToken();
}

const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
let watching = false;
let hurry = () => {}; // ends the waiting

function wait(time) {
    return new Promise(resolve => {
        hurry = resolve;
        setTimeout(resolve, time);
    });
}

async function watch() {
    if (watching)
        return;
    watching = true;
    while (!document.hidden && !byId("ask").open) {
        await look();
        await frame();
        await wait(EVERY_MS);
    }
    watching = false;
}

function start() {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    orders.wire(() => hurry());
    rules.wire(now);
    wireToken();
    byId("window").addEventListener("change", () => last && drawCharts());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => last && drawCharts());
    document.addEventListener("visibilitychange", watch);
    watch();
}

start();
