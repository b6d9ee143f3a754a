"""Pages are as good as their programs, commands, links and tables."""

import pages
import pytest

from keras_ib.measures import MEASURES, OF_TWO_TAPS

# Reports are as a reproduction has written them; their links count too.
FILES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "*/README.md")
    for path in pages.ROOT.glob(pattern)
)
TEXTS = {str(path.relative_to(pages.ROOT)): path.read_text() for path in FILES}
PROGRAMS = {
    name: programs
    for name, text in TEXTS.items()
    if name.startswith("docs/")
    and (programs := pages.blocks(text, "python"))
    # Needs trackers, and is run with their tests.
    and name != "docs/trackers.md"
}
each_page = pytest.mark.parametrize("name", TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize("programs", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(programs, tmp_path):
    pages.run(programs, tmp_path)


@each_page
def test_commands_are_known(name):
    pages.check_commands(TEXTS[name])


@each_page
def test_links_to_files_are_alive(name):
    for target in pages.links(TEXTS[name]):
        assert ((pages.ROOT / name).parent / target).exists(), target


@each_page
def test_pictures_have_an_alternative_text(name):
    for text, target in pages.pictures(TEXTS[name]):
        assert len(text) > 10, target


def test_every_measure_is_in_both_tables():
    page = TEXTS["docs/choosing.md"]
    misleading = page.split("## When it lies")[1].split("\n## ")[0]
    everything = page.split("## All measures")[1].split("\n## ")[0]
    for name in MEASURES | OF_TWO_TAPS:
        assert f"`{name}`" in misleading, name
        assert f"`{name}`" in everything, name


def test_blocks_are_found():
    text = "a\n```python\nx\n```\n<!-- not run -->\n```python\ny\n```\n"
    assert pages.blocks(text, "python") == ["x\n"]
    tabbed = '=== "bash"\n\n    ```bash\n    keras-ib doctor  # all\n    ```\n'
    assert pages.commands(tabbed) == [["doctor"]]
    assert pages.links("[a](b.md#c) `[d](e)` ![f](g.png)") == ["b.md", "g.png"]
    assert pages.pictures("![f](g.png)") == [("f", "g.png")]
