// SPDX-License-Identifier: MIT
//
// rules: the rules that collect by themselves; each is changed where it stands, beside what it was.
//
// A row stays the same element as long as its rule is there, so that a form that somebody fills in
// is not taken away by a newer reading.

import {change, get} from "./service.js";
import {byId, say} from "./panels.js";
import * as words from "./words.js";

const FIELDS = ["trigger", "amount", "action", "generation", "budget_ms", "min_interval", "jitter",
                "max_defer", "enabled"];
const UNITS = {every: "Interval", every_requests: "Requests", idle_for: "For so long",
               memory_above: "Bytes or %", allocations_above: "Objects"};
const SPOKEN = {trigger: "when", budget_ms: "budget, ms"};
const COUNTED = new Set(["every_requests", "allocations_above"]);

const rows = new Map();

// --- A rule and its form's values ----------------------------------------------------------------

// The values of a form, all of them strings but [enabled].
function valuesOf(rule) {
    const [trigger, amount] = Object.entries(rule.when)[0];
    const text = name => rule[name] === undefined || rule[name] === null ? "" : String(rule[name]);
    return {trigger, amount: String(amount), action: rule.action, generation: text("generation"),
            budget_ms: text("budget_ms"), min_interval: text("min_interval"), jitter: text("jitter"),
            max_defer: text("max_defer"), enabled: rule.enabled};
}

const FRESH = {trigger: "every", amount: "60s", action: "collect", generation: "2", budget_ms: "",
               min_interval: "", jitter: "", max_defer: "", enabled: true};

function amountOf(values) {
    const {trigger, amount} = values, isNumber = /^\d+$/.test(amount);
    return isNumber && (COUNTED.has(trigger) || trigger === "memory_above") ? Number(amount) : amount;
}

// What does not look like a number goes as it is: the service says what it wants instead.
function ruleOf(values) {
    const rule = {when: {[values.trigger]: amountOf(values)}, action: values.action,
                  generation: Number(values.generation), enabled: values.enabled};
    if (values.budget_ms !== "")
        rule.budget_ms = /^\d+$/.test(values.budget_ms) ? Number(values.budget_ms) : values.budget_ms;
    for (const name of ["min_interval", "jitter", "max_defer"])
        if (values[name] !== "")
            rule[name] = values[name];
    return rule;
}

function sentence(rule) {
    const values = valuesOf(rule);
    const amount = values.trigger === "memory_above" && /^\d+$/.test(values.amount)
        ? words.bytes(Number(values.amount)) : values.amount;
    const when = {every: `Every ${amount}`, every_requests: `After ${amount} requests`,
                  idle_for: `After ${amount} of rest`, memory_above: `Above ${amount} of memory`,
                  allocations_above: `Above ${amount} new objects`}[values.trigger];
    return `${when}: ${values.action}, generation ${values.generation}`
        + (values.budget_ms !== "" ? `, budget ${values.budget_ms} ms` : "");
}

function shown(value) {
    return value === true ? "on" : value === false ? "off" : value === "" ? "none" : value;
}

// [{name, word, was, is}] of the fields that differ. An amount is named by what it is of.
function difference(was, is) {
    return FIELDS.filter(name => was[name] !== is[name]).map(name => {
        const word = name === "amount" ? is.trigger : SPOKEN[name] || name;
        return {name, word: word.replaceAll("_", " "), was: shown(was[name]), is: shown(is[name])};
    });
}

function spoken({word, was, is}) {
    return `${word} ${was} \u2192 ${is}`;
}

// --- The form ------------------------------------------------------------------------------------

function readForm(form) {
    const values = {};
    for (const name of FIELDS)
        values[name] = name === "enabled" ? form.elements.enabled.checked
            : form.elements[name].value.trim();
    return values;
}

function fillForm(form, values) {
    for (const name of FIELDS)
        if (name === "enabled")
            form.elements.enabled.checked = values.enabled;
        else
            form.elements[name].value = values[name];
    form.querySelector("details").open = ["min_interval", "jitter", "max_defer"]
        .some(name => values[name] !== "" && values[name] !== "0s");
}

// Beside each field what it was, where that is something else.
function compare(form, was) {
    const is = readForm(form), changed = was ? difference(was, is) : [];
    say(form.querySelector(".unit"), UNITS[is.trigger]);
    for (const name of FIELDS) {
        const label = form.querySelector(`[data-field="${name}"]`);
        const one = changed.find(entry => entry.name === name);
        label.classList.toggle("differs", !!one);
        say(label.querySelector("small"), one ? `was ${one.was}` : "");
    }
    if (was)
        say(form.querySelector(".changes"), changed.length
            ? `Changes: ${changed.map(spoken).join("; ")}` : "Nothing is changed yet.");
    form.querySelector("[type=submit]").disabled = !!was && changed.length === 0;
    return changed;
}

// A form in [place]. [save] takes values and what changed; [leave] is called when it is closed.
function openForm(place, rule, save, leave) {
    const form = byId("rule-form").content.firstElementChild.cloneNode(true);
    const was = rule && valuesOf(rule);
    form.querySelector('[data-field="name"]').hidden = !!rule;
    form.setAttribute("aria-label", rule ? `Rule ${rule.name}` : "A new rule");
    fillForm(form, was || FRESH);
    compare(form, was);
    const close = () => {
        form.remove();
        leave();
    };
    form.addEventListener("input", () => compare(form, was));
    form.querySelector(".cancel").addEventListener("click", close);
    form.addEventListener("keydown", event => event.key === "Escape" && close());
    form.addEventListener("submit", async event => {
        event.preventDefault();
        try {
            await save(form, readForm(form), compare(form, was));
            close();
        } catch (error) {
            say(form.querySelector(".error"), error.message);
        }
    });
    place.replaceChildren(form);
    form.elements[rule ? "amount" : "name"].focus();
    form.scrollIntoView({block: "nearest"});
}

// --- Rows ----------------------------------------------------------------------------------------

const path = name => `v1/gc/schedules/${encodeURIComponent(name)}`;

function fate(rule, now) {
    const runs = `${words.count(rule.runs)} ${rule.runs === 1 ? "run" : "runs"}`;
    if (!rule.enabled)
        return `rests, ${runs}`;
    return rule.next_run ? `in ${words.span(Date.parse(rule.next_run) - now)}, ${runs}` : runs;
}

function edit(row, done) {
    const button = row.element.querySelector(".edit"), rule = row.rule;
    button.setAttribute("aria-expanded", "true");
    openForm(row.element.querySelector(".form"), rule, async (form, values, changed) => {
        await change("PUT", path(rule.name), ruleOf(values));
        row.changed = `Changed at ${words.clock(Date.now())}: ${changed.map(spoken).join("; ")}`;
        say(byId("rule-result"), `Rule ${rule.name} is changed.`);
        await done();
    }, () => {
        button.setAttribute("aria-expanded", "false");
        button.focus();
    });
}

// Asks once more, in place.
async function remove(row, button, done) {
    if (!button.dataset.sure) {
        button.dataset.sure = "yes";
        say(button, "Really?");
        button.addEventListener("blur", () => {
            delete button.dataset.sure;
            say(button, "Delete");
        }, {once: true});
        return;
    }
    try {
        await change("DELETE", path(row.rule.name));
        say(byId("rule-result"), `Rule ${row.rule.name} is deleted. It was: ${sentence(row.rule)}.`);
        byId("rules-title").focus();
    } catch (error) {
        say(byId("rule-result"), error.message);
    }
    await done();
}

function makeRow(rule, done) {
    const element = byId("rule-row").content.firstElementChild.cloneNode(true);
    const row = {element, rule, changed: ""};
    element.dataset.rule = rule.name;
    element.querySelector(".name").textContent = rule.name;
    const [editor, deleter] = element.querySelectorAll("button");
    editor.setAttribute("aria-label", `Edit rule ${rule.name}`);
    editor.setAttribute("aria-expanded", "false");
    deleter.setAttribute("aria-label", `Delete rule ${rule.name}`);
    editor.addEventListener("click", () => editor.getAttribute("aria-expanded") === "true"
        ? element.querySelector(".cancel").click() : edit(row, done));
    deleter.addEventListener("click", () => remove(row, deleter, done));
    byId("rules").append(element);
    return row;
}

function showRow(row, rule, now) {
    row.rule = rule;
    say(row.element.querySelector(".sentence"), sentence(rule));
    say(row.element.querySelector(".fate"), fate(rule, now));
    const changed = row.element.querySelector(".changed");
    changed.hidden = row.changed === "";
    say(changed, row.changed);
}

export async function showRules(now) {
    const {items} = await get("v1/gc/schedules");
    const names = new Set(items.map(rule => rule.name));
    for (const [name, row] of rows)
        if (!names.has(name)) {
            row.element.remove();
            rows.delete(name);
        }
    for (const rule of items) {
        if (!rows.has(rule.name))
            rows.set(rule.name, makeRow(rule, () => showRules(now)));
        showRow(rows.get(rule.name), rule, now);
    }
    byId("rules-empty").hidden = items.length > 0;
}

async function add(form, values, now) {
    const name = form.elements.name.value.trim();
    if (!form.elements.name.checkValidity())
        throw new Error("A name is 1 to 64 letters, digits, _ or -.");
    if (rows.has(name))
        throw new Error(`There is a rule ${name} already: edit it.`);
    await change("PUT", path(name), ruleOf(values));
    say(byId("rule-result"), `Rule ${name} is added.`);
    await showRules(now());
}

// [now] tells the time of the service.
export function wire(now) {
    const button = byId("add-rule");
    button.addEventListener("click", () => {
        button.hidden = true;
        openForm(byId("new-rule"), null, (form, values) => add(form, values, now), () => {
            button.hidden = false;
            button.focus();
        });
    });
}
