"""Puts the addresses of a docstring's references into its text.

A docstring ends with `[1]: https://...`. Its sections are made into pages one
by one, so a section does not see the addresses of another.
"""

import re

import griffe

ADDRESS = re.compile(r"^\s*\[(\d+)\]: (\S+)$", re.M)


class InlineReferences(griffe.Extension):
    """Turns `[text][1]` into `[text](address)`."""

    def on_instance(self, *, obj, **_):
        """Rewrites the docstring of any object."""
        if obj.docstring is not None:
            obj.docstring.value = inlined(obj.docstring.value)


def inlined(text):
    """The text with its addresses where they are referred to."""
    for number, address in ADDRESS.findall(text):
        text = text.replace(f"][{number}]", f"]({address})")
    return ADDRESS.sub("", text).rstrip()
