"""A whole model's link into TMI: a PATCH that TMI takes only while the link is as we read it (protocol Wr1-Wr4)."""

from __future__ import annotations

from ..errors import Changed, ThreatGone
from ..model import Json, Threat
from .caller import NotFound
from .door import Prepared, Receipt
from .reads import model_path
from .sending import PATCH_TYPE, Sender, receipt


class ModelLinks:
    """Writes models' links as one identity. One thread."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def prepare(self, model: Threat) -> Prepared:
        """Read the link that the write will insist on. Raises Changed, ThreatGone, TmiDenied, TmiError."""
        try:
            link = self._sender.caller.get(model_path(model.id)).table().get("issue_uri")
        except NotFound as error:
            raise ThreatGone(str(error)) from error
        if (link or "") != model.issue_uri:
            raise Changed(f"the link of the threat model {model.id} changed since it was read")
        return Prepared(model, {"issue_uri": link})

    def write(self, prepared: Prepared, url: str) -> Receipt:
        """Send the link once; unlike on threats, TMI honours `test` here. Raises as the table in `sending` says."""
        before = (prepared.body or {}).get("issue_uri")
        body: Json = [
            {"op": "test", "path": "/issue_uri", "value": before},
            {"op": "replace", "path": "/issue_uri", "value": url},
        ]
        reply = self._sender.send("PATCH", model_path(prepared.threat.id), prepared, body, PATCH_TYPE)
        if reply.status == 400 and "test failed" in reply.words:
            raise Changed(f"the link of the threat model {prepared.threat.id} changed meanwhile")
        return receipt(reply, self._sender.caller.identity.name)
