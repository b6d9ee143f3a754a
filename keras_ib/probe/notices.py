"""What the probe says: notes for the log, warnings for the user."""

from collections.abc import Iterable
import warnings


class ProbeWarning(UserWarning):
    """Something about the probe data that makes numbers mislead."""


class TooFewSamples(ValueError):  # noqa: N818  It names what is wrong.
    """There are fewer than two samples: nothing can be fitted and tested."""


class Notes:
    """What was decided about one set of samples, in plain sentences.

    Attributes:
        texts: All notes, for the log.
        warnings: Those among them that the user should see at once.
    """

    def __init__(self, texts: Iterable[str] = ()):
        self.texts = list(texts)
        self.warnings: list[str] = []

    def say(self, text: str):
        """Adds a note once."""
        if text not in self.texts:
            self.texts.append(text)

    def warn(self, text: str):
        """Adds a note that the user is warned of."""
        self.say(text)
        if text not in self.warnings:
            self.warnings.append(text)

    def give(self):
        """Gives the warnings, once the probe is complete."""
        for text in self.warnings:
            warnings.warn(text, ProbeWarning, stacklevel=4)
