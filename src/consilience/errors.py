"""What a person did that cannot work, in one line that says what, where and what next."""


class ConsilienceError(Exception):
    """An expected failure. Its text is shown to the person as it is, without a traceback.

    Exit code 1 is none of a failure: a command that was done uses it for what it has to say.

    Args:
        what: what is wrong, and where: a path, a line, a name.
        next_step: what the person can do about it.
    """

    exit_code = 6

    def __init__(self, what: str, next_step: str = "") -> None:
        self.what = what
        self.next_step = next_step
        super().__init__(f"{what}. {next_step}" if next_step else what)


class UsageError(ConsilienceError):
    """The command was given something that it does not take."""

    exit_code = 2


class NotFoundError(ConsilienceError):
    """A record or file that was named is not there, or not for this person to see: the two look alike."""

    exit_code = 3


class AccessError(ConsilienceError):
    """The person may not do this, whatever the records hold."""

    exit_code = 7


class FormatError(ConsilienceError):
    """A file that was to be read as a whole is not of its format; nothing of it was taken."""

    exit_code = 4


class HoldingsError(ConsilienceError):
    """The holdings are missing, of another version, damaged, or busy."""

    exit_code = 5
