"""Every retry policy of the program. Only reads are ever retried: no policy here may wrap a create or a write."""

from __future__ import annotations

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_random,
    wait_random_exponential,
)

from .clock import Clock

ATTEMPTS = 4
LONGEST_WAIT = 30.0
"""A server that wants more than this is left alone: the call fails, and says until when."""
PATIENCE = 60.0
"""Seconds after which no further attempt of one call begins."""

_BACKOFF = wait_random_exponential(multiplier=0.5, max=8.0)
_JITTER = wait_random(0.0, 1.0)


def retry_after(error: BaseException) -> float | None:
    """How long the server wants to be left alone, where the error knows."""
    seconds = getattr(error, "retry_after", None)
    return float(seconds) if isinstance(seconds, (int, float)) else None


def reads(clock: Clock, on: type[Exception]) -> Retrying:
    """For one call that changes nothing: repeats it on `on`, with jitter, capped in attempts and in time."""
    started = clock.monotonic()

    def worth_it(error: BaseException) -> bool:
        return isinstance(error, on) and (retry_after(error) or 0.0) <= LONGEST_WAIT

    def enough(state: RetryCallState) -> bool:
        late = clock.monotonic() - started + state.upcoming_sleep > PATIENCE
        return late or state.attempt_number >= ATTEMPTS

    return Retrying(
        sleep=clock.sleep,
        retry=retry_if_exception(worth_it),
        wait=_wait,
        stop=enough,
        reraise=True,
    )


def _wait(state: RetryCallState) -> float:
    """What the server asked for, else a random, growing pause."""
    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error) if error else None
    return _BACKOFF(state) if asked is None else asked + _JITTER(state)
