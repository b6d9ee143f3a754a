"""Packages that do not go together, told by what they say of themselves."""

from importlib import metadata
import re
from typing import NamedTuple

# They all install the one folder `tensorflow`.
TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-tpu", "tf-nightly")
ON_TENSORFLOW = {"tensorflow", "tensorflow-probability", "tf-keras"}
# Whose requirements are looked at: a clash elsewhere is not ours to report.
CHECKED = ("keras-ib", "keras", *TENSORFLOWS, "tf-keras", "jax")


class Finding(NamedTuple):
    status: str  # ok, note or FAIL
    what: str
    found: str


def packages() -> tuple[dict[str, str], dict[str, list[str]]]:
    """`{name: version}`, and `{name: requirements}` of those looked at."""
    installed = {
        _canonical(found.name): found.version
        for found in metadata.distributions()
    }
    names = [name for name in CHECKED if name in installed]
    return installed, {name: metadata.requires(name) or [] for name in names}


def check_packages(
    installed: dict[str, str], requirements: dict[str, list[str]], backend: str
) -> list[Finding]:
    """What clashes among the installed packages.

    Args:
        installed: `{name: version}`.
        requirements: `{name: what it requires}`, as its metadata state it.
        backend: Those of TensorFlow are not wanted on another one.
    """
    several = [name for name in TENSORFLOWS if name in installed]
    wanted = [
        (name, requirement)
        for name, texts in requirements.items()
        for requirement in _parsed(texts)
        if backend == "tensorflow" or requirement.name not in ON_TENSORFLOW
    ]
    found = [_check(name, wants, installed) for name, wants in wanted]
    if len(several) > 1:
        found.append(
            Finding(
                "FAIL",
                " and ".join(several),
                "overwrite each other's files: pip uninstall "
                f"{' '.join(several)}, then install one of them.",
            )
        )
    if not wanted:
        found.append(Finding("FAIL", "keras", "is missing: pip install keras"))
    met = f"{len(wanted)} requirements of {', '.join(requirements)} are met"
    return list(filter(None, found)) or [Finding("ok", "packages", met)]


def _parsed(texts):
    """The requirements among `texts` that hold here and for no extra."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # It comes with Keras, which is missing, too.
        return
    for requirement in map(Requirement, texts):
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}):
            yield requirement


def _check(name, requirement, installed):
    """A finding if an installed package is not what `name` requires."""
    found = version_of(requirement.name, installed)
    if found and requirement.specifier.contains(found, prereleases=True):
        return None
    there = f"{found} is installed" if found else "it is missing"
    return Finding(
        "FAIL",
        requirement.name,
        f"{name} needs {requirement.name}{requirement.specifier}, {there}: "
        f"pip install '{requirement.name}{requirement.specifier}'",
    )


def version_of(name: str, installed: dict[str, str]) -> str | None:
    name = _canonical(name)
    names = TENSORFLOWS if name == "tensorflow" else [name]
    return next((installed[n] for n in names if n in installed), None)


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()
