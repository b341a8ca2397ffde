"""The suite that every adapter passes, a stranger's too: `class TestMine(Conformance): harness = MyHarness`.

It needs pytest, an adapter that is installed (its entry point is how it is found), and a `Harness`: a server that
speaks the tracker's protocol, and what people, time and bad luck do to it. docs/adapters.md tells how to write one.
"""

from tmi_issue_sync.testing.harness import Harness, Kept, Lacking, Trouble
from tmi_issue_sync.testing.sandbox import SandboxHarness
from tmi_issue_sync.testing.suite import CHECKS, Conformance

__all__ = ["CHECKS", "Conformance", "Harness", "Kept", "Lacking", "SandboxHarness", "Trouble"]
