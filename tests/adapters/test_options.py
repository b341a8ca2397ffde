"""What the options of all adapters, and those of TMI, have in common."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from tmi_issue_sync.tmi.options import TmiOptions
from tmi_issue_sync.tracker import installed, load

MODELS = [TmiOptions, *(load(name).options for name in installed())]


@pytest.mark.parametrize("options", MODELS, ids=lambda model: model.__module__)
def test_a_proxys_password_is_not_shown(options: type[BaseModel]) -> None:
    given = options.model_construct(proxy="http://user:hush@proxy.example.com:3128")
    assert "proxy" in options.model_fields
    assert "hush" not in f"{given!r} {given}"
