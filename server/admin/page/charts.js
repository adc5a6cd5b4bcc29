// SPDX-License-Identifier: MIT
//
// charts: series over time, and the timeline on which collections stand.
//
// Nothing moves but the data: axes have fixed widths, ends that are round numbers, and ticks at
// fixed distances from now.

import * as words from "./words.js";

const AXIS_WIDTH = 58;
const HEADROOM = 1.3; // for a pane's title, and between its ticks and those of the one above
const MANUAL = "rectRot", RULE = "circle", OTHER = "triangle";

function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// --- Axes ----------------------------------------------------------------------------------------

// The least round number that is not below [value], in the units in which it will be read.
function roundAbove(value, steps, base) {
    if (!(value > 0))
        return 1;
    const power = base ** Math.floor(Math.log(value) / Math.log(base));
    return power * (steps.find(step => step * power >= value) || base);
}

export function roundCount(value) {
    return Math.max(4, roundAbove(value, [1, 2, 4, 6, 8, 10], 10));
}

export function roundBytes(value) {
    return roundAbove(value, [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384,
                              512, 768, 1024], 1024);
}

function timeAxis() {
    return {
        type: "linear", grid: {color: color("grid"), drawTicks: false, drawBorder: false},
        ticks: {maxRotation: 0, color: color("muted"), padding: 6, font: {size: 11},
                callback: (value, index, ticks) => {
                    const back = Math.round((ticks.at(-1).value - value) / 1000);
                    return back === 0 ? "now" : `\u2212${Math.floor(back / 60)}:${String(back % 60).padStart(2, "0")}`;
                }},
        afterBuildTicks: axis => {
            const parts = axis.width > 420 ? 6 : 2, step = (axis.max - axis.min) / parts;
            axis.ticks = Array.from({length: parts + 1}, (_, i) => ({value: axis.min + i * step}));
        },
    };
}

// Nothing, the half and all of a round number; or the powers of ten.
function ticksOf(pane, axis) {
    if (!pane.logarithmic)
        return [0, 0.5, 1].map(part => ({value: axis.max / HEADROOM * part}));
    const ticks = [];
    for (let value = axis.min; value <= axis.max; value *= 10)
        ticks.push({value});
    return ticks;
}

function valueAxis(pane, weight) {
    return {
        type: pane.logarithmic ? "logarithmic" : "linear", position: "left", stack: "panes",
        stackWeight: weight, min: pane.logarithmic ? 0.1 : 0, max: 1, offset: false, stacked: !!pane.stacked, grid: {color: color("grid"), drawTicks: false, drawBorder: false},
        ticks: {color: color("muted"), padding: 4, font: {size: 11}, callback: value => (pane.ticks || pane.words)(value)},
        afterBuildTicks: axis => {
            axis.ticks = ticksOf(pane, axis);
        },
        afterFit: axis => {
            axis.width = AXIS_WIDTH - (axis.chart.width < 300 ? 8 : 0);
        },
    };
}

// --- A chart -------------------------------------------------------------------------------------

// Names each pane inside of it, so that no legend need be looked up.
const paneTitles = {
    id: "paneTitles",
    afterDatasetsDraw(chart, args, titles) {
        const {ctx, chartArea} = chart;
        ctx.save();
        ctx.font = `600 11px ${Chart.defaults.font.family}`;
        ctx.fillStyle = color("muted");
        ctx.textBaseline = "top";
        for (const [axis, title] of Object.entries(titles.of))
            ctx.fillText(title, chartArea.left + 6, chart.scales[axis].top + 4);
        ctx.restore();
    },
};

function dataset(line) {
    return {
        label: line.label, yAxisID: line.pane, data: [], borderColor: color(line.color),
        backgroundColor: line.fill ? `${color(line.color)}55` : color(line.color), fill: line.fill || false,
        borderWidth: 1.75, borderDash: line.dash || [], pointRadius: 0, pointHitRadius: 0,
        hoverRadius: 3, pointStyle: line.fill ? "rect" : "line",
    };
}

function tooltip(spec) {
    return {
        animation: false, boxPadding: 4,
        filter: item => !Number.isNaN(item.parsed.y),
        callbacks: {
            title: items => items.length ? words.clock(items[0].parsed.x) : "",
            label: item => item.raw.said
                || `${item.dataset.label}: ${spec.panes[item.dataset.yAxisID].words(item.parsed.y)}`,
        },
    };
}

// [spec]: panes {name: {title, words, ticks?, round, stacked?, logarithmic?}} from the top, lines [{label, pane,
// color, of}], where [of] takes a point's value.
export function makeChart(canvas, spec) {
    const scales = {x: timeAxis()}, isSmall = canvas.parentElement.clientWidth < 300;
    // The library stacks from below.
    const names = Object.keys(spec.panes);
    for (const name of [...names].reverse())
        scales[name] = valueAxis(spec.panes[name], spec.panes[name].weight || 1);
    return new Chart(canvas, {
        type: "line",
        data: {datasets: spec.lines.map(dataset)},
        options: {
            animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
            normalized: true, spanGaps: false, scales, layout: {padding: {right: 6}},
            interaction: {mode: "nearest", axis: "x", intersect: false},
            plugins: {
                legend: {align: "end", labels: {
                    color: color("text"), boxWidth: isSmall ? 6 : 10, boxHeight: isSmall ? 6 : 7, padding: isSmall ? 5 : 10,
                    font: {size: isSmall ? 10 : 11}, usePointStyle: true}},
                tooltip: tooltip(spec),
                paneTitles: {of: Object.fromEntries(names.map(n => [n, spec.panes[n].title]))},
                stems: spec.stems,
            },
        },
        plugins: spec.stems ? [paneTitles, stems] : [paneTitles],
    });
}

// The powers of ten around all values.
function fitLogarithmic(scale, sets) {
    let least = 0.1, most = 1;
    for (const set of sets)
        for (const {y} of set.data)
            if (y > 0)
                [least, most] = [Math.min(least, y), Math.max(most, y)];
    scale.min = 10 ** Math.floor(Math.log10(least));
    scale.max = 10 ** Math.ceil(Math.log10(most));
    scale.max *= (scale.max / scale.min) ** (HEADROOM - 1);
}

function fitAxes(chart, spec) {
    for (const [name, pane] of Object.entries(spec.panes)) {
        const scale = chart.options.scales[name];
        let most = 0;
        if (pane.logarithmic) {
            fitLogarithmic(scale, chart.data.datasets.filter(set => set.yAxisID === name));
            continue;
        }
        if (pane.stacked)
            for (let i = 0; i < chart.data.datasets[0].data.length; i++)
                most = Math.max(most, chart.data.datasets.reduce((sum, d) => sum + (d.data[i].y || 0), 0));
        else
            for (const set of chart.data.datasets)
                if (set.yAxisID === name)
                    most = set.data.reduce((m, p) => p.y > m ? p.y : m, most);
        scale.max = pane.round(most) * HEADROOM;
    }
}

function paint(chart, spec) {
    spec.lines.forEach((line, i) => Object.assign(chart.data.datasets[i], {
        borderColor: color(line.color),
        backgroundColor: line.fill ? `${color(line.color)}55` : color(line.color),
    }));
    for (const scale of Object.values(chart.options.scales)) {
        scale.grid.color = color("grid");
        scale.ticks.color = color("muted");
    }
    chart.options.plugins.legend.labels.color = color("text");
}

// Shows [points] from [from] to [to]; [runs] stand on a chart that has stems.
export function draw(chart, spec, points, runs, from, to) {
    const shown = points.filter(p => p.at >= from);
    spec.lines.forEach((line, i) => {
        chart.data.datasets[i].data = line.runs ? runsAsPoints(runs, from)
            : shown.map(p => ({x: p.at, y: line.of(p)}));
    });
    Object.assign(chart.options.scales.x, {min: from, max: to});
    paint(chart, spec);
    paintRuns(chart, spec);
    fitAxes(chart, spec);
    chart.update("none");
}

// --- Collections ---------------------------------------------------------------------------------

function describe(run) {
    return [`${words.operation(run)}, by ${words.cause(run)}`,
            `pause ${words.seconds(run.pause_max_seconds)}, ${words.seconds(run.seconds)} in all`,
            `freed ${words.count(run.collected)} objects, ${words.bytes(run.bytes_freed)}`,
            `users ${words.count(run.before.users_resident)} \u2192 ${words.count(run.after.users_resident)}`];
}

function runsAsPoints(runs, from) {
    return runs.filter(run => run.ended >= from)
        .map(run => ({x: run.ended, y: run.pause_max_seconds * 1000, run, said: describe(run)}))
        .reverse();
}

function paintRuns(chart, spec) {
    const at = spec.lines.findIndex(line => line.runs);
    if (at < 0)
        return;
    const set = chart.data.datasets[at];
    Object.assign(set, {
        showLine: false, pointRadius: 5, pointHitRadius: 8, hoverRadius: 7,
        pointStyle: set.data.map(p => p.run.rule ? RULE : p.run.cause === "manual" ? MANUAL : OTHER),
        pointBorderColor: color("card"), pointBorderWidth: 1, borderWidth: 0,
        pointBackgroundColor: color("pause"),
    });
}

function writeNames(ctx, names, y) {
    for (const [name, x, width] of names) {
        const ink = ctx.fillStyle;
        ctx.fillStyle = color("card");
        ctx.fillRect(x - width - 2, y - 1, width + 4, 14);
        ctx.fillStyle = ink;
        ctx.fillText(name, x, y);
    }
}

// From the top of the timeline to its foot, so that one sees what each collection did; named as
// far as there is room, the last one first.
const stems = {
    id: "stems",
    beforeDatasetsDraw(chart, args, options) {
        const {ctx, chartArea, scales} = chart;
        const runs = chart.data.datasets[options.dataset].data;
        const names = [];
        let free = chartArea.right;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = color("pause");
        ctx.font = `11px ${Chart.defaults.font.family}`;
        ctx.textAlign = "right";
        ctx.textBaseline = "top";
        for (let i = runs.length - 1; i >= 0; i--) {
            const x = scales.x.getPixelForValue(runs[i].x);
            const name = `${runs[i].run.rule || runs[i].run.cause} \u00b7 ${words.seconds(runs[i].y / 1000)}`;
            const width = ctx.measureText(name).width;
            ctx.globalAlpha = 0.4;
            ctx.setLineDash([3, 3]);
            ctx.beginPath();
            ctx.moveTo(x, chartArea.top);
            ctx.lineTo(x, chartArea.bottom);
            ctx.stroke();
            ctx.globalAlpha = 1;
            if (x - 5 > free || x - 5 - width < chartArea.left + options.keep)
                continue;
            names.push([name, x - 5, width]);
            free = x - 5 - width - 8;
        }
        writeNames(ctx, names, chartArea.top + 2);
        ctx.restore();
    },
};
