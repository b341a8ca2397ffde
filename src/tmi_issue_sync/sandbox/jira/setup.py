"""Setting up the sandbox's Jira: users, fields, levels, components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tmi_issue_sync.sandbox.jira.model import Choice, Field, IssueType, Kind, Token, User
from tmi_issue_sync.sandbox.jira.store import Store

FIRST_USER, FIRST_FIELD = 10_000, 10_050


def user(
    store: Store, name: str, email: str, permissions: frozenset[str], projects: Iterable[str] | None, zone: str
) -> User:
    """An account; for a name that is known, the same one with other rights."""
    known = store.named(name)
    number = known.number if known else FIRST_USER + len(store.users)
    sees = None if projects is None else frozenset(projects)
    store.users[number] = User(number, name, email, permissions, sees, zone)
    return store.users[number]


def known(store: Store, name: str) -> User:
    """The account of a name; raises KeyError if there is none."""
    found = store.named(name)
    if found is None:
        raise KeyError(name)
    return found


def token(store: Store, user: User, scopes: frozenset[str] | None) -> str:
    """A token of a user's."""
    # Only a token of the sandbox, so guessable and the same in every run; no real one looks like it.
    scoped = "" if scopes is None else f"-scoped-{len(store.tokens)}"
    text = f"sandbox-{user.name.lower()}-{user.number}{scoped}"
    store.tokens[text] = Token(user.number, scopes)
    return text


def issue_types(store: Store, names: Sequence[str]) -> tuple[IssueType, ...]:
    """Types of issues; an epic is above the others, a sub-task below."""
    levels = {"epic": 1, "sub-task": -1, "subtask": -1}
    return tuple(IssueType(store.next_id(), name, levels.get(name.lower(), 0)) for name in names)


def field(
    store: Store,
    name: str,
    kind: Kind,
    options: Iterable[str] | Mapping[str, Iterable[str]],
    project: str | None,
    issue_type: str | None,
    *,
    required: bool,
) -> str:
    """A custom field; its id."""
    below = options if isinstance(options, Mapping) else {}
    choices = tuple(
        Choice(store.next_id(), option, tuple(Choice(store.next_id(), child) for child in below.get(option, ())))
        for option in options
    )
    field_id = f"customfield_{FIRST_FIELD + len(store.fields)}"
    store.fields = (*store.fields, Field(field_id, name, kind, required, choices, project, issue_type))
    return field_id


def level(store: Store, name: str, project: str | None, members: Iterable[str] | None, *, required: bool) -> str:
    """A security level; its id."""
    only = None if members is None else frozenset(members)
    made = Choice(store.next_id(), name, members=only)
    for one in store.projects.values():
        if project in (None, one.key):
            one.levels = (*one.levels, made)
            one.level_required = one.level_required or required
    return made.id


def component(store: Store, name: str, project: str | None) -> str:
    """A component; its id."""
    made = Choice(store.next_id(), name)
    for one in store.projects.values():
        if project in (None, one.key):
            one.components = (*one.components, made)
    return made.id
