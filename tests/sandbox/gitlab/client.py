"""The real client, so short that a test reads well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gitlab
import pytest
from requests import Response

PROJECT = "example/threats"


@dataclass(frozen=True)
class Client:
    """One account's client."""

    gl: gitlab.Gitlab

    @property
    def project(self) -> Any:
        return self.gl.projects.get(PROJECT, lazy=True)

    def create(self, title: str = "A threat", **more: Any) -> Any:
        return self.project.issues.create({"title": title} | more)

    def reply(self, verb: str, path: str, body: Any = None, **params: Any) -> Response:
        """Any answer, as it came."""
        headers = {"PRIVATE-TOKEN": self.gl.private_token or ""}
        url = path if path.startswith("http") else f"{self.gl.api_url}{path}"
        return self.gl.session.request(
            verb, url, json=body, params=params, headers=headers, allow_redirects=False, timeout=5
        )


def refused(status: int, words: str) -> Any:
    """The library's own error, with GitLab's words."""
    return pytest.raises(gitlab.exceptions.GitlabError, match=rf"{status}: .*{words}")
