"""The packaging says what the tree holds."""

import configparser
from importlib import metadata
from pathlib import Path
import re

from keras_ib.version import __version__

ROOT = Path(__file__).parents[1]


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_package_is_listed():
    # One that is missing works when installed editable, and breaks the wheel.
    listed = setup_cfg()["options"]["packages"].split()
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "keras_ib").rglob("__init__.py")
    }
    assert sorted(listed) == sorted(found | {"keras_ib_cli"})


def test_every_folder_of_code_is_a_package():
    for path in (ROOT / "keras_ib").rglob("*.py"):
        assert (path.parent / "__init__.py").exists(), path.parent


def test_versions_agree():
    assert metadata.version("keras-ib") == __version__
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## ([\d.]+)", changes, re.M)[1] == __version__
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.+)$", citation, re.M)[1] == __version__
    entry = (ROOT / "docs" / "about.md").read_text()
    assert f"version = {{{__version__}}}" in entry


def test_the_license_and_the_readme_are_there():
    metadata_section = setup_cfg()["metadata"]
    assert (ROOT / metadata_section["license_files"]).exists()
    assert metadata_section["long_description"] == "file: README.md"
    assert (ROOT / "README.md").exists()
