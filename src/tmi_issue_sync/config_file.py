"""Where the configuration is: which file, what the environment says over it, and each mistake as one line."""

from __future__ import annotations

import difflib
import json
import os
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, Tag, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from .errors import ConfigError

NAME = "tmi-issue-sync"
PREFIX = "TMI_ISSUE_SYNC__"
"""Environment overrides: `TMI_ISSUE_SYNC__TMI__URL` is `url` in `[tmi]`."""


class BadConfig(ConfigError):
    """Everything that is wrong with a configuration: one line for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("; ".join(self.problems))


def locate(given: Path | None) -> Path | None:
    """--config, $TMI_ISSUE_SYNC_CONFIG, the user's and the system's directory; None: the environment alone."""
    named = given or (Path(path) if (path := os.environ.get("TMI_ISSUE_SYNC_CONFIG")) else None)
    if named is not None:
        if not named.is_file():
            todo = _FIRST_STEPS.replace("config init", f"config init {shlex.quote(str(named))}")
            raise ConfigError(f"there is no config file at {named}", todo=todo)
        return named
    if found := next((path for path in places() if path.is_file()), None):
        return found
    if any(name.upper().startswith(PREFIX) for name in os.environ):
        return None
    looked = ", ".join(map(str, places()))
    raise ConfigError(f"no config file found (looked for {looked})", todo=_FIRST_STEPS)


_FIRST_STEPS = "Write a first one with: tmi-issue-sync config init. Or see it work without any: tmi-issue-sync demo"


def places() -> tuple[Path, ...]:
    """Where a config file is looked for when none is named."""
    user = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return (Path(user).expanduser() / NAME / "config.toml", Path("/etc") / NAME / "config.toml")


def state_directory(given: Path | None) -> Path:
    """--state, $STATE_DIRECTORY (systemd), the user's state directory; made where it is missing, never the cwd."""
    service = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    user = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    path = given or (Path(service) if service else Path(user).expanduser() / NAME)
    path = path.expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        why = f"the state directory {path} can't be made: {error.strerror}"
        raise ConfigError(why, todo="Name another with --state.") from error
    return path


class Raw(BaseSettings):
    """The file with the environment over it, before anything in it has a meaning."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    tmi: dict[str, Any] = {}
    sync: dict[str, Any] = {}
    ledger: dict[str, Any] = {}
    log: dict[str, Any] = {}
    notify: dict[str, Any] = {}
    web: dict[str, Any] = {}
    trackers: dict[str, dict[str, Any]] = {}
    routes: list[dict[str, Any]] = []

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment counts before the file, which comes as keyword arguments."""
        return (_Environment(settings_cls), init_settings)


class _Environment(EnvSettingsSource):
    """Text stays text: only what looks like a table or a list is read as JSON, so that a token of digits lives."""

    def decode_complex_value(self, _name: str, _field: FieldInfo | None, value: Any) -> Any:
        return _decoded(value)

    def explode_env_vars(self, *place: Any) -> dict[str, Any]:
        return {name: _decoded(value) for name, value in super().explode_env_vars(*place).items()}


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _decoded(each) for name, each in value.items()}
    return json.loads(value) if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value


def read(path: Path | None) -> Raw:
    """The sections as written. Raises BadConfig."""
    strangers = [f"{name}: unknown section ({nearest(key, Raw.model_fields)})" for name, key in _strange_sections()]
    if strangers:
        raise BadConfig(strangers)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path else {}  # editors write a BOM
        return Raw(**values)
    except ValidationError as error:
        raise BadConfig(lines(error, path, (), Raw)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig([f"{path}: this is no TOML: {error}"]) from None
    except OSError as error:
        raise BadConfig([f"{path} can't be read: {error.strerror}"]) from None
    except SettingsError as error:
        raise BadConfig([f"an environment override ({PREFIX}...) is no JSON: {error}"]) from None


def _strange_sections() -> Iterator[tuple[str, str]]:
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            section = name[len(PREFIX) :].split("__")[0].lower()
            if section not in Raw.model_fields:
                yield name, section


def lines(
    error: ValidationError,
    path: Path | None,
    prefix: tuple[str | int, ...],
    model: type[BaseModel],
    also: Iterable[str] = (),
) -> Iterator[str]:
    """Each mistake as one line: where, what, and the nearest thing that would have been right."""
    for detail in error.errors(include_url=False, include_input=False, include_context=True):
        written, known = trace(model, detail["loc"])
        yield f"{origin(path, prefix + written)}: {_words(detail['type'], detail['msg'], written, [*known, *also])}"


def origin(path: Path | None, location: tuple[str | int, ...]) -> str:
    """The environment variable or the file and key that a value came from."""
    variable = PREFIX + "__".join(map(str, location)).upper()
    set_there = {name.upper(): name for name in os.environ}
    if variable in set_there:
        return set_there[variable]
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    return f"{path or 'environment'}: {key}"


def _words(kind: str, message: str, written: tuple[str | int, ...], known: Iterable[str]) -> str:
    if kind == "extra_forbidden":
        return f"unknown key ({nearest(str(written[-1]), known)})"
    if kind == "missing":
        return "is missing"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "should be a table of keys and values"
    if kind in ("list_type", "tuple_type"):
        return "should be [[routes]], once for each route" if written == ("routes",) else "should be a list"
    text = message.removeprefix("Value error, ").replace("Input should", "should")
    return " ".join(text.split())


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or all that there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, 1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"


def trace(model: type[BaseModel], place: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], list[str]]:
    """An error's place as the user wrote it (without the tags of unions), and the keys known where it ends."""
    here: Any = model
    written: list[str | int] = []
    known: list[str] = []
    for part in place:
        shapes = dict(_shapes(here))
        if part in shapes:
            here = shapes[part]
            continue
        fields = {name: field for each in _models(here) for name, field in each.model_fields.items()}
        known = list(fields)
        written.append(part)
        here = fields[part].annotation if part in fields else here
    return tuple(written), known


def _shapes(annotation: Any) -> Iterator[tuple[str | int, Any]]:
    """The members of a union, by the tag that an error's place names them with."""
    for part in get_args(annotation):
        yield from ((tag.tag, part) for tag in getattr(part, "__metadata__", ()) if isinstance(tag, Tag))
        yield from _shapes(part)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
