"""Nobody pays for another's tracker: an adapter imports its own client library, the core imports none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tmi_issue_sync.tracker import installed

ADAPTERS = "tmi_issue_sync_adapters"
LIBRARIES = frozenset({"github", "jira", "gitlab", "requests", "urllib3", "requests_toolbelt", "nacl", "jwt"})
"""Client libraries of trackers, and what only they bring along."""
OWN = {"github": "github", "jira": "jira", "gitlab": "gitlab", "gitea": None, "azure-devops": None}
"""Of each built-in adapter; None: it speaks over the core's own HTTP."""
CORE = """
import importlib, pkgutil, tmi_issue_sync
for found in pkgutil.walk_packages(tmi_issue_sync.__path__, "tmi_issue_sync."):
    if found.name not in ("tmi_issue_sync.__main__",) and not found.name.startswith("tmi_issue_sync.testing"):
        importlib.import_module(found.name)
"""
CONFIGURED = """
import sys
from pathlib import Path
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.wiring import connect
connect(load_settings(Path(sys.argv[1])))
"""


def imported(code: str, *words: str) -> frozenset[str]:
    """What a fresh interpreter has imported once it ran this."""
    told = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", told, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return frozenset(json.loads(ran.stdout))


def packages(modules: frozenset[str]) -> set[str]:
    """Which adapters are among these modules."""
    rooms = {name.split(".")[1] for name in modules if name.startswith(f"{ADAPTERS}.")}
    return rooms - {"wire"}


def built_in() -> dict[str, str]:
    points = installed().values()
    return {point.name: point.value for point in points if point.value.startswith(ADAPTERS)}


def test_every_built_in_adapter_is_asked() -> None:
    assert built_in().keys() == OWN.keys()


@pytest.mark.parametrize("name", OWN)
def test_an_adapter_imports_its_own_library_alone(name: str) -> None:
    found = imported(f"from tmi_issue_sync.tracker import load; load({name!r})")
    assert packages(found) == {name.replace("-", "_")}
    others = {library for library in OWN.values() if library} - {OWN[name]}
    assert not others & found
    assert (OWN[name] is None) == (not LIBRARIES & found), LIBRARIES & found
    assert OWN[name] is None or OWN[name] in found


def test_the_core_imports_no_adapter_and_no_library_of_one() -> None:
    found = imported(CORE)
    assert {"tmi_issue_sync.cli", "tmi_issue_sync.sandbox.world", "tmi_issue_sync.service"} <= found
    assert not packages(found)
    assert not LIBRARIES & found


def test_a_config_imports_what_it_names_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[tmi]\nurl = "https://tmi.example.com"\nwrite = { token = "x" }\n'
        '[trackers.a]\nadapter = "gitea"\nurl = "https://git.example.com"\ntoken = "x"\ntarget.repo = "a/b"\n'
        '[trackers.b]\nadapter = "gitlab"\ntoken = "x"\ntarget.project = "a/b"\n'
        '[[routes]]\ntracker = "a"\nwhen = { severity = ["low"] }\n[[routes]]\ntracker = "b"\n'
    )
    found = imported(CONFIGURED, str(path))
    assert packages(found) == {"gitea", "gitlab"}
    assert not {"github", "jira"} & found
