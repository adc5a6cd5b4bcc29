// SPDX-License-Identifier: MIT
//
// figures: what the service publishes, read once, and what two readings say of the time between.

import {get, getText} from "./service.js";

const HEALTH = new Set(["/livez", "/readyz"]);
const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// Calls [use] with name, labels and value of each sample of Prometheus text.
export function eachSample(text, use) {
    for (const line of text.split("\n")) {
        const found = SAMPLE.exec(line);
        if (!found)
            continue;
        const labels = {};
        for (const [, name, value] of (found[2] || "").matchAll(LABEL))
            labels[name] = value;
        use(found[1], labels, Number(found[3].replace("+Inf", "Infinity")));
    }
}

// Requests to the data plane, but not those that only ask for health.
export function readTraffic(text) {
    const traffic = {requests: 0, failed: 0, buckets: new Map(), sessions: 0};
    eachSample(text, (name, labels, value) => {
        if (name === "tenured_sessions_active")
            traffic.sessions = value;
        if (labels.plane !== "data" || HEALTH.has(labels.route))
            return;
        if (name === "tenured_http_requests_total") {
            traffic.requests += value;
            traffic.failed += labels.code >= "500" ? value : 0;
        } else if (name === "tenured_http_request_duration_seconds_bucket") {
            const bound = Number(labels.le.replace("+Inf", "Infinity"));
            traffic.buckets.set(bound, (traffic.buckets.get(bound) || 0) + value);
        }
    });
    return traffic;
}

export async function read() {
    const [info, gc, memory, cache, text, history, census] = await Promise.all([
        get("v1/info"), get("v1/gc"), get("v1/memory"), get("v1/cache"), getText("metrics"),
        get("v1/gc/history?limit=200"), get("v1/heap/census?window=10m&limit=20"),
    ]);
    return {
        // The service's clock, not the browser's.
        at: Date.parse(info.started_at) + info.uptime_seconds * 1000,
        info, gc, memory, cache, census, traffic: readTraffic(text), runs: history.items,
    };
}

// --- Between two readings ------------------------------------------------------------------------

export function ratio(before, after) {
    const hits = after.hits - before.hits, asked = hits + after.misses - before.misses;
    return asked > 0 ? hits / asked : NaN;
}

// The duration below which [share] of the requests between two readings were, in seconds; evenly
// spread inside of a bucket. NaN without requests.
export function quantile(before, after, share) {
    const bounds = [...after.keys()].sort((a, b) => a - b);
    const grown = bounds.map(bound => after.get(bound) - (before.get(bound) || 0));
    const wanted = share * (grown.at(-1) || 0);
    if (!(wanted > 0))
        return NaN;
    const at = grown.findIndex(sum => sum >= wanted);
    const low = at > 0 ? bounds[at - 1] : 0, below = at > 0 ? grown[at - 1] : 0;
    if (bounds[at] === Infinity)
        return low;
    return low + (bounds[at] - low) * (wanted - below) / (grown[at] - below);
}

// Whether both come from one run of the service, so that counters may be compared.
export function isSameRun(before, after) {
    return before.info.started_at === after.info.started_at;
}

// One point of every chart. [older] is some seconds before [after], [before] the last one.
export function point(older, before, after) {
    const seconds = (after.at - before.at) / 1000, [b, a] = [before.traffic, after.traffic];
    const requests = a.requests - b.requests;
    return {
        at: after.at, rss: after.memory.rss, traced: after.memory.traced.current,
        frozen: after.gc.frozen.bytes,
        objects: [...after.gc.generations.map(g => g.objects), after.gc.frozen.objects],
        resident: after.cache.resident, ratio: ratio(older.cache, after.cache),
        rate: requests / seconds, failed: requests > 0 ? (a.failed - b.failed) / requests : NaN,
        p50: quantile(b.buckets, a.buckets, 0.5), p99: quantile(b.buckets, a.buckets, 0.99),
    };
}

// Where nothing is known: lines end here.
export function gap(at) {
    return {at, rss: NaN, traced: NaN, frozen: NaN, objects: [NaN, NaN, NaN, NaN], resident: NaN,
            ratio: NaN, rate: NaN, failed: NaN, p50: NaN, p99: NaN};
}
