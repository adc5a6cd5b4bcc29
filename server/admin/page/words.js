// SPDX-License-Identifier: MIT
//
// words: numbers with their units, and times, for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const NONE = "\u2013";

function short(number) {
    return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

function isKnown(number) {
    return number !== null && number !== undefined && !Number.isNaN(number);
}

export function count(number) {
    return isKnown(number) ? Math.round(number).toLocaleString("en") : NONE;
}

export function bytes(number) {
    if (!isKnown(number))
        return NONE;
    let unit = 0, size = Math.abs(number);
    for (; size >= 1000 && unit < UNITS.length - 1; unit++)
        size /= 1024;
    return `${number < 0 ? "\u2212" : ""}${unit ? short(size) : size} ${UNITS[unit]}`;
}

// A round number of them, as it stands beside an axis.
export function roundBytes(number) {
    return bytes(number).replace(/\.0+ /, " ").replace(/(\.\d*[1-9])0+ /, "$1 ");
}

export function seconds(number) {
    if (!isKnown(number))
        return NONE;
    if (number < 1e-4)
        return `${Math.round(number * 1e6)} \u00b5s`;
    return number < 1 ? `${short(number * 1e3)} ms` : `${short(number)} s`;
}

export function percent(ratio) {
    if (!isKnown(ratio))
        return NONE;
    const digits = ratio > 0.99 && ratio < 1 || ratio > 0 && ratio < 0.1 ? 1 : 0;
    return `${(ratio * 100).toFixed(digits)} %`;
}

export function rate(number) {
    return isKnown(number) ? `${number >= 10 || number === 0 ? count(number) : number.toFixed(1)} /s` : NONE;
}

export function signed(number, words) {
    if (!number)
        return "\u00b10";
    return `${number > 0 ? "+" : "\u2212"}${words(Math.abs(number))}`;
}

export function clock(ms) {
    return new Date(ms).toLocaleTimeString("en-GB");
}

// How long something has lasted, roughly.
export function span(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 120)
        return `${s} s`;
    if (s < 7200)
        return `${Math.round(s / 60)} min`;
    return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
}

export function ago(ms) {
    return `${span(ms)} ago`;
}

// What a run was asked for by: the rule's name where there was one.
export function cause(run) {
    return run.rule ? `rule ${run.rule}` : run.cause;
}

export function operation(run) {
    return run.generation === null || run.generation === undefined
        ? run.operation : `${run.operation}, generation ${run.generation}`;
}
