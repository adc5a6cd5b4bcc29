#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docker/ and config/tenured.service say agrees with the program: version, packages, settings, names of metrics.

Rules are checked by promtool, the unit by systemd-analyze and the compose file's promises by PyYAML (Debian: prometheus,
systemd, python3-yaml), each where it is installed. TENURED names the program, else build/asan/server/tenured."""
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
PROGRAM = pathlib.Path(os.environ.get("TENURED", ROOT / "build/asan/server/tenured"))
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
UNIT = (ROOT / "config/tenured.service").read_text()
ALERTS = DOCKER / "prometheus/alerts.yaml"


def fail_unless(condition, sentence):
    if not condition:
        sys.exit(sentence)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    fail_unless(done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def words_of(pattern, path):
    return set(re.search(pattern, path.read_text(), re.S)[1].split())


def check_version():
    version = run(PROGRAM, "--version").split()[1]
    label = re.search(r'image\.version="([^"]*)"', DOCKERFILE)[1]
    fail_unless(label == version, f"docker/Dockerfile says version {label}, the program {version}")


def check_packages():
    needed = words_of(r"\npackages=\((.*?)\)", ROOT / "server/run.sh")
    missing = needed - set(DOCKERFILE.split())
    fail_unless(not missing, f"docker/Dockerfile does not install {missing}, which server/run.sh does")


def check_settings(text, what):
    """The program accepts the TENURED_ variables of [text]."""
    text = re.sub(r"^ *#.*", "", text, flags=re.M)
    found = dict(re.findall(r'(TENURED_\w+)[=:] ?"?([^\s"\\]+)', text))
    fail_unless(found, f"{what} has no settings")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TENURED_")}
    run(PROGRAM, "--check", env=plain | found | {"TENURED_AUTH__GENERATE": "1"})


def known_metrics():
    sources = "".join(path.read_text() for path in (ROOT / "server/admin").glob("*.c"))
    kinds = dict(re.findall(r'"((?:tenured|process)_[a-z_]+)",\s*(?:EXPOSITION_)?(COUNTER|GAUGE|HISTOGRAM)', sources))
    return {name + suffix for name, kind in kinds.items()
            for suffix in (["_bucket", "_sum", "_count"] if kind == "HISTOGRAM" else [""])}


def check_metrics():
    dashboard = json.loads((DOCKER / "grafana/dashboards/tenured.json").read_text())
    asked = "\n".join([ALERTS.read_text(), *(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])])
    names = set(re.findall(r"\b(?:tenured|process)_[a-z_]+", asked))
    fail_unless(len(names) > 20, "the search for names of metrics finds too few")
    unknown = names - known_metrics()
    fail_unless(not unknown, f"docker/ asks for {unknown}, which /metrics does not have")


def check_rules():
    print(run("promtool", "check", "rules", ALERTS).strip())


def check_unit():
    """With the program where it is, and without a document that is not installed here."""
    text = re.sub(r"^Documentation=.*\n", "", UNIT, flags=re.M).replace("/usr/local/bin/tenured\n", f"{PROGRAM}\n")
    with tempfile.TemporaryDirectory(prefix="tenure-unit-") as folder:
        unit = pathlib.Path(folder, "tenured.service")
        unit.write_text(text)
        said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
        fail_unless(said.returncode == 0 and "tenured.service" not in said.stderr, said.stdout + said.stderr)


def check_compose():
    import yaml
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        fail_unless(all(str(port).startswith("127.0.0.1:") for port in service["ports"]), f"{name} is published to others")
        fail_unless(service["cap_drop"] == ["ALL"], f"{name} keeps capabilities")
        fail_unless("no-new-privileges:true" in service["security_opt"], f"{name} may gain privileges")
    tenured = services["tenured"]
    fail_unless("profiles" not in tenured and tenured["read_only"], "tenured is not what runs without a profile, read-only")
    fail_unless(tenured["environment"] == {"TENURED_AUTH__GENERATE": "1", "TENURED_DRAIN__DELAY": "5s"}, "other settings")
    for path in [*DOCKER.rglob("*.yaml")]:
        yaml.safe_load(path.read_text())


def main():
    check_version()
    check_packages()
    check_settings(DOCKERFILE, "docker/Dockerfile")
    check_settings((DOCKER / "compose.yaml").read_text(), "docker/compose.yaml")
    check_settings(UNIT, "config/tenured.service")
    check_metrics()
    optional = {check_rules: shutil.which("promtool"), check_unit: shutil.which("systemd-analyze"),
                check_compose: importlib.util.find_spec("yaml")}
    for check, installed in optional.items():
        if installed:
            check()
        else:
            print(f"{check.__name__}: what it needs is not installed")
    print("docker/ and the unit agree with the program")


main()
