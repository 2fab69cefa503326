"""The errors a caller meets: what cannot be read, and what cannot be loaded as a rule."""


class CaptureError(Exception):
    """A capture cannot be read at all; the message says which one, what is wrong and what to do."""


class NotACapture(CaptureError):
    """What was given is something else than a capture; in a folder it is passed over."""


class StateError(Exception):
    """A description of a node cannot be read or understood; the message says which one and what was expected."""


class RuleError(Exception):
    """A rule, a variable or an option about rules cannot be understood; the message says where."""
