"""Makes docstrings fit for pages: references and examples.

A docstring ends with `[1]: https://...`. Its sections are made into pages one
by one, so a section does not see the addresses of another. And the parser knows
sessions of Python under `Examples:` alone.
"""

import re

import griffe

ADDRESS = re.compile(r"^\s*\[(\d+)\]: (\S+)$", re.M)
SESSION = re.compile(r"^( *)Example:(?=\n+ *>>>)", re.M)


class Docstrings(griffe.Extension):
    """Turns `[text][1]` into `[text](address)`, `Example` into `Examples`."""

    def on_instance(self, *, obj, **_):
        """Rewrites the docstring of any object."""
        if obj.docstring is not None:
            text = SESSION.sub(r"\1Examples:", obj.docstring.value)
            obj.docstring.value = inlined(text)


def inlined(text):
    """The text with its addresses where they are referred to."""
    for number, address in ADDRESS.findall(text):
        text = text.replace(f"][{number}]", f"]({address})")
    return ADDRESS.sub("", text).rstrip()
