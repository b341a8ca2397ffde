"""The renderer and the full threat that the tests of drafts share."""

from __future__ import annotations

from dataclasses import replace

from tmi_issue_sync.model import Cvss, Draft, Marker, Severity, Threat
from tmi_issue_sync.render import Renderer
from tmi_issue_sync.rules import Destination

from .hostile import INSTANCE, destination, threat, tokens

RENDERER = Renderer(INSTANCE, "https://ui.example.com/")
LINK = "https://ui.example.com/tm/aaaaaaaa-0000-4000-8000-000000000001/threat/bbbbbbbb-0000-4000-8000-000000000002"
FULL = replace(
    threat(description="It *breaks*.", mitigation="Mend it."),
    threat_type=("Information Disclosure", "Spoofing"),
    severity=Severity.HIGH,
    priority="immediate",
    status="confirmed",
    score=7.5,
    cwe=("CWE-089", "odd"),
    cvss=(Cvss("CVSS:3.1/AV:N", 9.8),),
    ssvc="Immediate",
)


def draft(of: Threat, to: Destination | None = None, renderer: Renderer = RENDERER) -> Draft:
    marker = Marker(INSTANCE, of.id, 1)
    return renderer.draft(of, to or destination(), marker, confidential=False, request_id="r1")


def footer_stands(text: str) -> bool:
    """Whether the last block is the footer, at the top level, a paragraph."""
    flat = [token for token in tokens(text) if token.block]
    kinds = [(token.type, token.level) for token in flat[-3:]]
    footer = flat[-2].content.startswith("Made by tmi-issue-sync from threat ")
    return footer and kinds == [("paragraph_open", 0), ("inline", 1), ("paragraph_close", 0)]
