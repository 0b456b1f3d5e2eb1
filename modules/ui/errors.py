"""The one place where Earworm's errors become messages on the page. Inputs stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from modules.errors import EarwormError

P = ParamSpec("P")
R = TypeVar("R")
SHOWN_S = 12  # seconds a message stays


def as_message(error: EarwormError) -> gr.Error:
    """The error as Gradio shows it, without a traceback in the log: it is the person's, not ours."""
    return gr.Error(str(error), duration=SHOWN_S, title="That did not work", print_exception=False)


def speaking(handler: Callable[P, R]) -> Callable[P, R]:
    """A handler whose `EarwormError`s reach the person as a message."""

    @wraps(handler)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except EarwormError as error:
            raise as_message(error) from error

    return told
