"""The one family of errors. A message says what arrived and what would be right, in one sentence."""


class EarwormError(Exception):
    """Anything Earworm tells a person about; `str(error)` is shown as it is."""


class InputError(EarwormError):
    """What was given cannot be used; the message says what would be right."""


class WeightsMissing(EarwormError):
    """A file that ships in `assets/` is absent or is not the one expected."""


class EngineUnavailable(EarwormError):
    """The chosen engine cannot run on this machine; the message says why."""


class Busy(EarwormError):
    """The queue is full; try again later."""


class Cancelled(EarwormError):
    """The person stopped this job."""
