"""Packages of strangers as pip would leave them: entry points of our group, and what goes wrong in each."""

from __future__ import annotations

from pathlib import Path

GOOD = """\
from pydantic import BaseModel, ConfigDict
from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.tracker import Adapter, Traits

class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    url: str = "https://issues.example.com"

class Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    room: str

class Silent:
    def _fail(self, *_):
        raise RuntimeError("the stranger's tracker is not there\\nat all")
    check = changed = find = get = create = _fail

def key(options, target):
    return TrackerKey("stranger", "issues.example.com", target.room)

def traits(options):
    return Traits(1, 1, 1, 1, title_max=255, body_max=9999, confidential=False, hosts=("issues.example.com",))

def connect(options, targets):
    return Silent()

def broken(*_):
    raise ValueError("a slip\\nof the stranger's pen")

"""
FINE = "adapter = Adapter(Options, Target, key, traits, connect)\n"
MODULES = {
    "fine": GOOD + FINE,
    "raises": "raise RuntimeError('it never\\nworked')\n",
    "exits": "raise SystemExit(3)\n",
    "lacks": "import a_client_that_nobody_has\n",
    "newer": "from tmi_issue_sync.tracker import Adapter, Teleporter\n",
    "older": GOOD + "adapter = Adapter(Options, Target, connect)\n",
    "no-adapter": "adapter = {'name': 'no-adapter'}\n",
    "nothing": "\n",
    "no-models": GOOD + "adapter = Adapter(dict, dict, key, traits, connect)\n",
    "bad-key": GOOD + "adapter = Adapter(Options, Target, broken, traits, connect)\n",
    "bad-traits": GOOD + "adapter = Adapter(Options, Target, key, lambda options: None, connect)\n",
    "bad-connect": GOOD + "adapter = Adapter(Options, Target, key, traits, broken)\n",
}
"""By the adapter's name."""


def install(place: Path) -> Path:
    """A directory for sys.path with all of them."""
    about = place / "strangers-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    lines = []
    for name, code in MODULES.items():
        module = f"stranger_{name.replace('-', '_')}"
        (place / f"{module}.py").write_text(code)
        lines.append(f"{name} = {module}:adapter\n")
    (about / "entry_points.txt").write_text("[tmi_issue_sync.adapters]\n" + "".join(lines))
    return place
