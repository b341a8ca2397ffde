"""How the server says no."""

from __future__ import annotations

from collections.abc import Mapping

from tmi_issue_sync.sandbox.wire import Reply


class Refusal(Exception):
    """An answer that ends the handling of a request."""

    def __init__(
        self, status: int, error: str, description: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, error, description)
        self.status = status
        self.error = error
        self.description = description
        self.headers = dict(headers or {})

    def reply(self) -> Reply:
        body = {"error": self.error}
        if self.description is not None:
            body["error_description"] = self.description
        return Reply(self.status, body, dict(self.headers))


def invalid(description: str, error: str = "invalid_input") -> Refusal:
    return Refusal(400, error, description)


def not_found(what: str) -> Refusal:
    return Refusal(404, "not_found", f"{what} not found")


def forbidden(description: str = "You don't have sufficient permissions to perform this action") -> Refusal:
    return Refusal(403, "forbidden", description)


def service_account() -> Refusal:
    return forbidden(
        "service account credentials cannot be used here; "
        "addon write-backs must use the delegation token from X-TMI-Delegation-Token"
    )


def unauthorized() -> Refusal:
    return Refusal(401, "unauthorized", "Authentication required")


def patch_failed(reason: str) -> Refusal:
    return Refusal(400, "patch_failed", f"Failed to apply patch: {reason}")
