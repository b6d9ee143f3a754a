"""What a rule says."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """What a rule says.

    Attributes:
        word: The verdict, a key of `keras_ib.reports.html.COLOURS`, or
            `"undecided"`, `"note"`.
        text: The sentence, with its number.
    """

    word: str
    text: str


# None where the log cannot tell, `[]` where there is nothing to say.
Said = list[Sentence] | None


def cautions(*texts: str) -> list[Sentence]:
    """Sentences that say what limits the numbers."""
    return [Sentence("caution", text) for text in texts]
