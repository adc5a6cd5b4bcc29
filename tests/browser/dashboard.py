#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The dashboard, in a real browser against the real program.

Usage: dashboard.py [TEST...]    TENURED names the program, else build/asan/server/tenured; SCREENSHOTS the folder for
pictures, else build/browser; AXE axe-core's axe.min.js, else the one that npm put into build/browser. Debian's own Python,
because python3-websocket is of it. Without Chromium or python3-websocket this says so and ends with 77."""

import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

SKIPPED = 77
try:
    import chromium
except ModuleNotFoundError:
    print("There is no python3-websocket.")
    sys.exit(SKIPPED)
if chromium.program() is None:
    print("There is no Chromium.")
    sys.exit(SKIPPED)

from service import PROGRAM, ROOT, Load, Service, call

SCREENSHOTS = pathlib.Path(os.environ.get("SCREENSHOTS", ROOT / "build/browser"))
AXE = pathlib.Path(os.environ.get("AXE", ROOT / "build/browser/node_modules/axe-core/axe.min.js"))
READ, OPERATE = "read-read-read-read-read-read-32", "operate-operate-operate-operate!"
LIVE = "document.querySelector('#state').dataset.state === 'live' && Chart.getChart('timeline') !== undefined"
browser = None


def setUpModule():
    global browser
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    browser = chromium.Chromium().__enter__()


def tearDownModule():
    browser.__exit__()


class Page(unittest.TestCase):
    """Opens tabs that end with the test."""

    def open(self, service, live=True, **how):
        tab = browser.open(**how)
        self.addCleanup(tab.close)
        tab.go(service.page)
        if live:
            tab.wait_for(LIVE)
        return tab

    def serve(self, *settings):
        service = Service("shards=2", *settings)
        self.addCleanup(service.__exit__)
        return service.__enter__()

    def make_garbage(self, service, users):
        """Users who logged in and out again: nothing but their past refers to them."""
        for number in range(users):
            call(service.data, "PUT", f"/v1/users/u{number}", {"name": "Somebody"})
            _, session = call(service.data, "POST", "/v1/sessions", {"user_id": f"u{number}"})
            call(service.data, "DELETE", f"/v1/sessions/{session['id']}")


# --- What is shown, under a load -------------------------------------------------------------------


class Shown(Page):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("shards=2", 'gc.schedules=[{"name":"full","when":{"every":"4s"},"action":"collect"}]')
        cls.service.__enter__()
        cls.load = Load(cls.service).__enter__()
        time.sleep(10)

    @classmethod
    def tearDownClass(cls):
        cls.load.__exit__()
        cls.service.__exit__()
        assert cls.load.failures == [], cls.load.failures

    def seen(self, **how):
        """A tab that has watched for some seconds."""
        tab = self.open(self.service, **how)
        tab.wait_for("document.querySelectorAll('#runs tr').length >= 2 && Chart.getChart('requests')"
                     ".data.datasets.every(set => set.data.filter(p => p.y >= 0).length >= 5)")
        return tab

    def test_it_opens_without_an_error_in_the_console(self):
        self.assertEqual(self.seen().errors, [])

    def test_every_chart_has_data(self):
        tab = self.seen()
        for chart in ("timeline", "memory", "objects", "cache", "requests"):
            counts = tab.evaluate(f"Chart.getChart('{chart}').data.datasets.map(s => s.data.filter(p => p.y >= 0).length)")
            self.assertTrue(all(count >= 2 for count in counts), f"{chart}: {counts}")

    def test_each_collection_stands_on_the_timeline_with_its_pause_and_cause(self):
        tab = self.seen()
        shown = tab.evaluate("Chart.getChart('timeline').data.datasets[3].data"
                             ".map(p => [p.run.number, p.y, p.said.join('; ')])")
        runs = {run["number"]: run for run in self.service.ask("/v1/gc/history?limit=200")["items"]}
        self.assertGreaterEqual(len(shown), 2)
        for number, pause, said in shown:
            self.assertAlmostEqual(pause, runs[number]["pause_max_seconds"] * 1000)
            self.assertIn("by rule full", said)

    def test_figures_are_those_of_the_service(self):
        tab = self.seen()
        users = int(tab.text("#tile-resident").replace(",", ""))
        self.assertTrue(0 < users <= self.load.users, users)
        self.assertRegex(tab.text("#tile-memory"), r"^[\d.]+ (KiB|MiB)$")
        self.assertRegex(tab.text("#tile-ratio"), r"^\d+(\.\d)? %$")
        self.assertRegex(tab.text("#tile-rate"), r"^[\d,]+ /s$")
        self.assertRegex(tab.text("#tile-latency"), r"^[\d.]+ (µs|ms|s)$")
        self.assertIn("user", tab.text("#census"))

    def test_the_census_shows_growth_as_the_service_tells_it(self):
        tab = self.seen()
        told = self.service.ask("/v1/heap/census?window=10m")
        rows = tab.evaluate("[...document.querySelectorAll('#census tr')].map(r => [...r.cells].map(c => c.textContent))")
        types = {row["type"]: row for row in told["items"]}
        self.assertEqual({row[0] for row in rows} - set(types), set())
        self.assertEqual(len({row[0] for row in rows}), len(rows))
        sizes = {row[0]: row for row in rows}
        self.assertRegex(sizes["user"][2], r"^(±0|[+−][\d,]+)$")
        self.assertEqual(sizes["weakmap"][1:3], [str(types["weakmap"]["count"]), "±0"])
        self.assertRegex(tab.text("#census-since"), r"^\d\d:\d\d:\d\d")

    def test_a_pause_and_its_axis_have_units_and_axes_stay_where_they_are(self):
        tab = self.seen()
        places = set()
        for _ in range(5):
            places.add(tuple(tab.evaluate("['timeline','memory','objects','cache','requests'].map("
                                          "name => Chart.getChart(name).chartArea.left)")))
            time.sleep(1.1)
        self.assertEqual(len(places), 1, places)
        labels = tab.evaluate("Chart.getChart('timeline').scales.time.ticks.map(t => t.label)")
        self.assertTrue(all(label.endswith("s") for label in labels), labels)

    def test_at_375_pixels_nothing_is_wider_than_the_screen(self):
        tab = self.seen(width=375, height=740)
        self.assertEqual(tab.evaluate("document.documentElement.scrollWidth"), 375)
        tab.click("[data-rule=full] .edit")
        wide = tab.evaluate("""[...document.querySelectorAll("button, input, select, canvas, .card, code")]
            .filter(e => e.getBoundingClientRect().width > 0 && !e.closest(".scroll")
                && (e.getBoundingClientRect().right > 375 || e.getBoundingClientRect().left < 0)).map(e => e.outerHTML)""")
        self.assertEqual(wide, [])
        small = tab.evaluate("""[...document.querySelectorAll("button")].filter(e => e.offsetHeight && e.offsetHeight < 24)
            .map(e => e.outerHTML)""")
        self.assertEqual(small, [], "too small for a finger")

    def test_every_control_and_picture_has_a_name(self):
        tab = self.seen()
        tab.click("[data-rule=full] .edit")
        wanted = {"button", "textbox", "combobox", "checkbox", "image", "img", "link", "region", "form", "table"}
        nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
        named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
                 if not node["ignored"] and node["role"]["value"] in wanted]
        self.assertGreater(len(named), 25)
        # A table's name is its region's.
        self.assertEqual([role for role, name in named if not name and role != "table"], [])
        self.assertTrue(any("hit ratio" in name and "%" in name for role, name in named if role in ("image", "img")), named)

    def test_axe_has_nothing_serious_to_say(self):
        if not AXE.exists():
            self.skipTest(f"There is no axe-core: npm install --prefix {SCREENSHOTS} axe-core")
        for how in ({}, {"dark": True}, {"width": 375}):
            tab = self.seen(**how)
            tab.click("[data-rule=full] .edit")
            tab.click("#add-rule")
            tab.evaluate(AXE.read_text() + "; undefined")
            found = tab.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations.map("
                                 "v => [v.impact, v.id, v.nodes.map(n => n.html + n.failureSummary).slice(0, 3)]))")
            self.assertEqual([one for one in found if one[0] in ("serious", "critical")], [], how)

    def test_it_looks_as_the_pictures_show(self):
        # The pictures are for people; here only that light is light, and dark is dark.
        for name, how in (("light", {}), ("dark", {"dark": True}), ("phone", {"width": 375}),
                          ("phone-dark", {"width": 375, "dark": True})):
            tab = self.seen(**how)
            time.sleep(8)
            tab.screenshot(SCREENSHOTS / f"{name}.png", whole=True)
            red = int(tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
            self.assertEqual(red < 100, "dark" in name)


# --- What is done ----------------------------------------------------------------------------------


class Done(Page):
    def test_a_click_on_collect_changes_what_the_api_reports(self):
        service = self.serve("gc.schedules=[]")
        self.make_garbage(service, 20)
        tab = self.open(service)
        self.assertFalse(tab.evaluate("document.querySelector('#runs-empty').hidden"))
        tab.wait_for("!document.querySelector('#rules-empty').hidden")
        before = service.ask("/v1/gc")["generations"][2]
        tab.click("[data-order=collect]")
        tab.wait_for("document.querySelector('#order-result').textContent.startsWith('Freed ')")
        after = service.ask("/v1/gc")["generations"][2]
        self.assertEqual(after["collections"] - before["collections"], 2)  # a shard each
        self.assertEqual(after["collected"] - before["collected"], 60)
        self.assertEqual(after["last_cause"], "manual")
        self.assertIn("Freed 60 objects", tab.text("#order-result"))
        self.assertIn("users in memory 20 → 0", tab.text("#order-result"))
        tab.wait_for("document.querySelector('#tile-pause-more').textContent.startsWith('manual')")
        tab.wait_for("document.querySelectorAll('#runs tr').length === 1")

    def test_freeze_refreeze_and_unfreeze_do_it(self):
        service = self.serve("gc.schedules=[]")
        call(service.data, "PUT", "/v1/users/ada", {"name": "Ada"})
        call(service.data, "POST", "/v1/sessions", {"user_id": "ada"})
        tab = self.open(service)
        for order, has in (("freeze", True), ("unfreeze", False), ("refreeze", True)):
            tab.evaluate("document.querySelector('#order-result').textContent = ''")
            tab.click(f"[data-order={order}]")
            tab.wait_for("document.querySelector('#order-result').textContent.includes('are frozen')")
            self.assertEqual(service.ask("/v1/gc")["frozen"]["objects"] > 0, has, order)

    def test_tracing_is_switched_where_it_is_shown_and_a_profile_becomes_a_file(self):
        service = self.serve("gc.schedules=[]")
        tab = self.open(service)
        self.assertEqual(tab.evaluate("document.querySelector('#tracing').value"), "off")
        tab.choose("#tracing", "exact")
        tab.wait_for("document.querySelector('#order-result').textContent === 'Tracing was off, and is exact.'")
        self.assertEqual(service.ask("/v1/memory")["traced"]["mode"], "exact")
        self.make_garbage(service, 5)
        call(service.admin, "PATCH", "/v1/memory/tracing", {"mode": "sampled"})
        tab.wait_for("document.querySelector('#tracing').value === 'sampled'")
        call(service.admin, "PATCH", "/v1/memory/tracing", {"mode": "exact"})
        with tempfile.TemporaryDirectory(prefix="tenure-download-") as folder:
            tab.call("Page.setDownloadBehavior", behavior="allow", downloadPath=folder)
            tab.click("#profile")
            self.assertEqual(self.downloaded(tab, folder, "heap.pb.gz")[:2], b"\x1f\x8b", "gzip")

    def downloaded(self, tab, folder, name):
        tab.wait_for(f"document.querySelector('#order-result').textContent.startsWith('{name} is downloaded')")
        file, deadline = pathlib.Path(folder, name), time.monotonic() + 10
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        return file.read_bytes()

    def test_dumps_become_files_in_the_form_that_was_chosen(self):
        service = self.serve("gc.schedules=[]")
        call(service.data, "PUT", "/v1/users/ada", {"name": "Ada"})
        call(service.data, "POST", "/v1/sessions", {"user_id": "ada"})
        tab = self.open(service)
        with tempfile.TemporaryDirectory(prefix="tenure-download-") as folder:
            tab.call("Page.setDownloadBehavior", behavior="allow", downloadPath=folder)
            tab.click("#dump")
            snapshot = json.loads(self.downloaded(tab, folder, "tenured.heapsnapshot"))
            self.assertIn("session", snapshot["strings"])
            tab.choose("#dump-format", "ndjson")
            tab.click("#dump")
            lines = self.downloaded(tab, folder, "tenured.ndjson").decode().splitlines()
            self.assertEqual(sorted(json.loads(line)["type"] for line in lines).count("session"), 1)
            tab.choose("#dump-format", "collapsed")
            tab.click("#dump")
            self.assertRegex(self.downloaded(tab, folder, "tenured.collapsed.txt").decode(), r"(?m) \d+$")

    def test_a_changed_rule_is_in_the_schedules_and_shows_what_it_was(self):
        service = self.serve()
        tab = self.open(service)
        tab.wait_for("document.querySelector('[data-rule=full]')")
        tab.click("[data-rule=full] .edit")
        self.assertTrue(tab.evaluate("document.querySelector('[data-rule=full] [type=submit]').disabled"))
        tab.click("[data-rule=full] [name=amount]")
        tab.type("5s")
        self.assertEqual(tab.text("[data-rule=full] [data-field=amount] small"), "was 60s")
        tab.choose("[data-rule=full] [name=action]", "refreeze")
        self.assertEqual(tab.text("[data-rule=full] .changes"), "Changes: every 60s → 5s; action collect → refreeze")
        tab.click("[data-rule=full] [type=submit]")
        tab.wait_for("document.querySelector('[data-rule=full] .sentence').textContent.startsWith('Every 5s: refreeze')")
        rule = service.rule("full")
        self.assertEqual([rule["when"], rule["action"], rule["budget_ms"]], [{"every": "5s"}, "refreeze", 2])
        tab.wait_for("!document.querySelector('[data-rule=full] .changed').hidden")
        self.assertIn("every 60s → 5s", tab.text("[data-rule=full] .changed"))

    def test_a_form_is_not_taken_away_by_newer_figures(self):
        tab = self.open(self.serve())
        tab.wait_for("document.querySelector('[data-rule=full]')")
        tab.click("[data-rule=full] .edit")
        tab.type("7s")
        time.sleep(3)
        self.assertEqual(tab.evaluate("document.activeElement.value"), "7s")

    def test_a_rule_is_added_in_place_and_deleted_after_a_second_click(self):
        service = self.serve()
        tab = self.open(service)
        tab.click("#add-rule")
        tab.type("busy")
        tab.choose("#new-rule [name=trigger]", "every_requests")
        self.assertEqual(tab.text("#new-rule .unit"), "Requests")
        tab.click("#new-rule [name=amount]")
        tab.type("1000")
        tab.click("#new-rule [type=submit]")
        tab.wait_for("document.querySelector('[data-rule=busy]')")
        self.assertEqual(service.rule("busy")["when"], {"every_requests": 1000})
        tab.click("[data-rule=busy] .delete")
        self.assertIsNotNone(service.rule("busy"))
        tab.click("[data-rule=busy] .delete")
        tab.wait_for("!document.querySelector('[data-rule=busy]')")
        self.assertIsNone(service.rule("busy"))
        self.assertIn("It was: After 1000 requests", tab.text("#rule-result"))

    def test_a_refused_change_says_why_and_stays(self):
        service = self.serve()
        tab = self.open(service)
        tab.wait_for("document.querySelector('[data-rule=full]')")
        tab.click("[data-rule=full] .edit")
        tab.type("often")
        tab.press("Enter")
        tab.wait_for("document.querySelector('[data-rule=full] .error').textContent.includes('often')")
        self.assertEqual(service.rule("full")["when"], {"every": "60s"})
        self.assertEqual(tab.evaluate("document.activeElement.value"), "often")

    def test_a_rule_is_changed_with_the_keyboard_alone(self):
        service = self.serve()
        tab = self.open(service)
        tab.wait_for("document.querySelector('[data-rule=full]')")
        reached = []
        while "Edit rule full" not in reached and len(reached) < 30:
            tab.press("Tab")
            reached.append(tab.focused())
            self.assertNotEqual(tab.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", reached[-1])
        self.assertEqual(reached[0], "A", "what comes first leads to the rules")
        for wanted in ("#window", "[data-order=collect]", "[data-order=freeze]", "[data-order=refreeze]", "Edit rule full"):
            self.assertIn(wanted, reached)
        tab.press("Enter")
        self.assertEqual(tab.focused(), "amount")
        tab.press("Escape")
        self.assertEqual(tab.focused(), "Edit rule full")
        tab.press("Space")
        tab.type("9s")
        tab.press("Enter")
        tab.wait_for("document.querySelector('[data-rule=full] .sentence').textContent.startsWith('Every 9s')")
        self.assertEqual(service.rule("full")["when"], {"every": "9s"})
        tab.wait_for("document.activeElement.getAttribute('aria-label') === 'Edit rule full'")

    def test_the_doctor_shows_findings_with_their_command(self):
        service = self.serve()
        call(service.admin, "PATCH", "/v1/gc", {"enabled": True})
        tab = self.open(service)
        tab.wait_for("document.querySelector('#findings code')")
        items = service.ask("/v1/doctor")["items"]
        self.assertEqual(tab.evaluate("[...document.querySelectorAll('#findings code')].map(c => c.textContent)"),
                         [item["suggestion"] for item in items])
        tab.click("#findings button")
        tab.wait_for("/^(Copied|Selected)$/.test(document.querySelector('#findings button').textContent)")


# --- Tokens ----------------------------------------------------------------------------------------


class Tokens(Page):
    def give(self, tab, token):
        tab.wait_for("document.querySelector('#ask').open")
        tab.evaluate("document.querySelector('#token').focus()")
        tab.type(token)
        tab.press("Enter")

    def test_a_token_is_asked_for_once_and_kept_in_the_tab_only(self):
        service = self.serve(f"auth.operate={OPERATE}")
        tab = self.open(service, live=False)
        self.give(tab, OPERATE)
        tab.wait_for(LIVE)
        tab.go(service.page)
        tab.wait_for(LIVE)
        self.assertFalse(tab.evaluate("document.querySelector('#ask').open"))
        self.assertEqual(tab.evaluate("Object.values(sessionStorage)"), [OPERATE])
        self.assertEqual(tab.evaluate("[localStorage.length, document.cookie, location.href]"), [0, "", service.page])
        self.assertNotIn(OPERATE, tab.evaluate("document.documentElement.outerHTML"))
        self.give(self.open(service, live=False), OPERATE)  # another tab does not know it

    def test_a_wrong_token_is_told_and_not_asked_with_again(self):
        service = self.serve(f"auth.operate={OPERATE}")
        tab = self.open(service, live=False)
        self.give(tab, "x" * 32)
        tab.wait_for("document.querySelector('#ask-why').textContent.includes('not valid')")
        self.assertEqual(tab.evaluate("sessionStorage.length"), 0)
        self.give(tab, OPERATE)
        tab.wait_for(LIVE)

    def test_a_token_that_may_only_look_sees_all_and_is_told_what_it_may_not(self):
        service = self.serve(f"auth.read={READ}", f"auth.operate={OPERATE}")
        tab = self.open(service, live=False)
        self.give(tab, READ)
        tab.wait_for(LIVE)
        tab.click("[data-order=collect]")
        tab.wait_for("document.querySelector('#order-result').textContent.includes('scope')")
        tab.click("#forget")
        tab.wait_for("document.querySelector('#ask')?.open && sessionStorage.length === 0")


# --- The service goes, the tab rests ---------------------------------------------------------------


class Watching(Page):
    def expect_gone(self, tab):
        tab.wait_for("!document.querySelector('#gone').hidden && document.querySelector('#state').dataset.state === 'gone'")
        self.assertIn("The service is gone since", tab.text("#gone"))

    def test_a_service_that_is_gone_is_told_and_comes_back_by_itself(self):
        service = self.serve()
        tab = self.open(service)
        service.kill()
        self.expect_gone(tab)
        service.start()
        tab.wait_for("document.querySelector('#gone').hidden")
        tab.wait_for(LIVE)
        self.assertIn("started anew", tab.text("#order-result"))
        self.assertTrue(tab.evaluate("Chart.getChart('memory').data.datasets[0].data.some(p => Number.isNaN(p.y))"),
                        "the line has no gap")

    def test_a_service_that_does_not_answer_is_gone_too(self):
        service = self.serve()
        tab = self.open(service)
        service.halt()
        self.expect_gone(tab)
        service.resume()
        tab.wait_for("document.querySelector('#gone').hidden")
        self.assertIn("is back", tab.text("#order-result"))

    def test_it_asks_at_most_once_a_second_and_a_hidden_tab_asks_nothing(self):
        service = self.serve()
        tab = self.open(service)
        before = service.asked("/v1/gc")
        time.sleep(5)
        self.assertIn(service.asked("/v1/gc") - before, range(1, 7))
        self.addCleanup(browser.open().close)  # stands in front of it
        tab.wait_for("document.hidden")
        time.sleep(2)
        before = service.asked("/v1/gc")
        time.sleep(4)
        self.assertEqual(service.asked("/v1/gc"), before)
        tab.call("Page.bringToFront")
        tab.wait_for("!document.hidden")
        time.sleep(3)
        self.assertGreater(service.asked("/v1/gc"), before)

    def test_no_script_runs_but_the_page_s_own(self):
        tab = self.open(self.serve())
        tab.evaluate("""(() => { const s = document.createElement("script");
            s.textContent = "window.intruder = true"; document.head.append(s); })()""")
        self.assertIsNone(tab.evaluate("window.intruder"))
        self.assertTrue(any("Content Security Policy" in error for error in tab.errors), tab.errors)


# --- Arithmetic ------------------------------------------------------------------------------------


class Arithmetic(Page):
    def test_quantiles_lie_inside_of_their_bucket(self):
        tab = self.open(self.serve())
        ask = ("import('/assets/figures.js').then(f => f.quantile(new Map([[.001, 10], [.01, 10], [Infinity, 10]]),"
               " new Map([[.001, 60], [.01, 110], [Infinity, %d]]), %g))")
        self.assertAlmostEqual(tab.evaluate(ask % (110, 0.5)), 0.001)
        self.assertAlmostEqual(tab.evaluate(ask % (110, 0.75)), 0.0055)
        self.assertAlmostEqual(tab.evaluate(ask % (210, 0.99)), 0.01, msg="beyond the last bound nothing is known")
        nothing = "import('/assets/figures.js').then(f => Number.isNaN(f.quantile(new Map([[1, 5]]), new Map([[1, 5]]), .5)))"
        self.assertTrue(tab.evaluate(nothing))

    def test_numbers_are_said_with_their_units(self):
        tab = self.open(self.serve())
        said = {"bytes(0)": "0 B", "bytes(1536)": "1.50 KiB", "bytes(-2097152)": "−2.00 MiB", "seconds(0.00004)": "40 µs",
                "seconds(0.0123)": "12.3 ms", "seconds(2)": "2.00 s", "percent(1)": "100 %", "percent(0.994)": "99.4 %",
                "percent(0)": "0 %", "percent(NaN)": "–", "span(90000)": "90 s", "count(1234567)": "1,234,567"}
        for expression, wanted in said.items():
            self.assertEqual(tab.evaluate(f"import('/assets/words.js').then(w => w.{expression})"), wanted, expression)


# --- The sentence that the page is for -------------------------------------------------------------


class Tuning(Page):
    def test_every_60_s_becomes_every_5_s_and_pause_memory_and_hit_ratio_change_within_60_s_without_scrolling(self):
        tiles = ("#tile-pause", "#tile-memory", "#tile-ratio")
        service = self.serve()
        with Load(service, users=2000) as load:
            tab = self.open(service)
            self.assertEqual(service.rule("full")["when"], {"every": "60s"})
            # A run by the rule as it was, and what grew since.
            tab.wait_for("document.querySelector('#tile-pause-more').textContent.startsWith('rule full')", 90)
            tab.wait_for("parseFloat(document.querySelector('#tile-ratio').textContent) >= 85 && "
                         "document.querySelector('#tile-resident').textContent.replace(',', '') >= 1600", 120)
            number = service.ask("/v1/gc/history?limit=1")["items"][0]["number"]
            before = {tile: tab.text(tile) for tile in tiles}
            traced = service.ask("/v1/memory")["traced"]["current"]
            for part in (*tiles, "#timeline", "[data-rule=full] .edit"):
                self.assertTrue(tab.is_in_view(part), part)

            tab.click("[data-rule=full] .edit")
            tab.click("[data-rule=full] [name=amount]")
            tab.type("5s")
            self.assertTrue(tab.is_in_view("[data-rule=full] [type=submit]"))
            tab.click("[data-rule=full] [type=submit]")
            changed = time.monotonic()
            tab.wait_for("document.querySelector('[data-rule=full] .sentence').textContent.startsWith('Every 5s')", 10)
            self.assertEqual(service.rule("full")["when"], {"every": "5s"})

            tab.wait_for(f"""(() => {{
                const runs = Chart.getChart('timeline').data.datasets[3].data.filter(p => p.run.number > {number});
                return runs.length >= 3 && parseFloat(document.querySelector('#tile-ratio').textContent) <= 70
                    && document.querySelector('#tile-pause').textContent !== '{before["#tile-pause"]}';
            }})()""", 60)
            after = {tile: tab.text(tile) for tile in tiles}
            least = min(tab.evaluate("Chart.getChart('memory').data.datasets[1].data.slice(-12).map(p => p.y)"))
            self.assertLess(time.monotonic() - changed, 60)
            self.assertEqual([tile for tile in tiles if before[tile] == after[tile]], [], (before, after))
            self.assertLess(least, traced / 2)
            for tile in tiles:
                self.assertTrue(tab.is_in_view(tile), tile)
            self.assertEqual(tab.evaluate("scrollY"), 0)
            time.sleep(max(0, changed + 45 - time.monotonic()))
            tab.screenshot(SCREENSHOTS / "tuned.png")
        self.assertEqual([load.failures, tab.errors], [[], []])
        print(f"{before} became {after}")


if __name__ == "__main__":
    if not pathlib.Path(PROGRAM).exists():
        sys.exit(f"There is no {PROGRAM}.")
    unittest.main(verbosity=2)
