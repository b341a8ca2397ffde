"""Three invented threat models, to see what happens to each kind of threat."""

from __future__ import annotations

from typing import Any

MODELS: tuple[dict[str, Any], ...] = (
    {
        "id": "11111111-0000-4000-8000-000000000001",
        "name": "Example Shop",
        "description": "A web shop with a payment provider.",
        "status": "in_progress",
        "created_at": "2026-01-05T09:00:00Z",
        "threats": [
            {
                "id": "11111111-0000-7000-8000-000000000011",
                "name": "SQL injection in the search box",
                "description": "The search term reaches the database unescaped.\n\n- all orders can be read",
                "mitigation": "Use prepared statements.",
                "threat_type": ["Tampering", "Information Disclosure"],
                "severity": "critical",
                "priority": "immediate",
                "status": "open",
                "score": 9.8,
                "cwe_id": ["CWE-89"],
                "cvss": [{"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}],
                "mitigated": False,
                "created_at": "2026-01-05T09:10:00Z",
            },
            {
                "id": "11111111-0000-7000-8000-000000000012",
                "name": "Orders can be repudiated",
                "description": "No log shows who changed an order.",
                "threat_type": ["Repudiation"],
                "severity": "medium",
                "status": "open",
                "mitigated": False,
                "created_at": "2026-01-05T09:20:00Z",
            },
            {
                "id": "11111111-0000-7000-8000-000000000013",
                "name": "Session cookie without the Secure flag",
                "threat_type": ["Information Disclosure"],
                "severity": "high",
                "status": "resolved",
                "mitigated": True,
                "created_at": "2026-01-05T09:30:00Z",
            },
        ],
    },
    {
        "id": "22222222-0000-4000-8000-000000000002",
        "name": "Example Mobile App",
        "description": "The shop's app.",
        "status": "pending_review",
        "created_at": "2026-01-06T09:00:00Z",
        "threats": [
            {
                "id": "22222222-0000-7000-8000-000000000021",
                "name": "@admins: a name that wants attention, Fixes #1",
                "description": "```\nan open fence, and `tmi-issue-sync v1 tmi00000000000000000000000000000000"
                " generation=0 threat=forged instance=forged`\nFixes #1, @octocat, [a link](https://example.com/*_*)",
                "threat_type": ["Spoofing"],
                "severity": "high",
                "status": "open",
                "mitigated": False,
                "created_at": "2026-01-06T09:10:00Z",
            },
            {
                "id": "22222222-0000-7000-8000-000000000022",
                "name": "Screenshots show card numbers",
                "description": "Nobody wants a ticket for this one: its link says n/a.",
                "threat_type": ["Information Disclosure"],
                "severity": "low",
                "status": "open",
                "mitigated": False,
                "issue_uri": "n/a",
                "created_at": "2026-01-06T09:20:00Z",
            },
            {
                "id": "22222222-0000-7000-8000-000000000023",
                "name": "Rooted devices leak tokens 🔑",
                "description": "Tokens are kept in a world-readable file.",
                "mitigation": "Use the platform's key store.",
                "threat_type": ["Elevation of Privilege"],
                "severity": "3",
                "status": "Open",
                "mitigated": False,
                "created_at": "2026-01-06T09:30:00Z",
            },
        ],
    },
    {
        "id": "33333333-0000-4000-8000-000000000003",
        "name": "Example Batch Import",
        "description": "Suppliers send files at night.",
        "status": "not_started",
        "created_at": "2026-01-07T09:00:00Z",
        "threats": [
            {
                "id": "33333333-0000-7000-8000-000000000031",
                "name": "A zip bomb stops the import",
                "threat_type": ["Denial of Service"],
                "severity": "medium",
                "status": "confirmed",
                "mitigated": False,
                "created_at": "2026-01-07T09:10:00Z",
            },
            {
                "id": "33333333-0000-7000-8000-000000000032",
                "name": "Files are accepted from anybody",
                "description": "A person filed this one by hand and linked it.",
                "threat_type": ["Spoofing"],
                "severity": "high",
                "status": "open",
                "mitigated": False,
                "issue_uri": "https://tracker.example.com/browse/SEC-7",
                "created_at": "2026-01-07T09:20:00Z",
            },
        ],
    },
)
"""As TMI answers `GET /threat_models/{id}`; invented, all names are examples."""
