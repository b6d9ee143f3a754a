"""Brings what lies beside docs/ into the site, where it is.

In the site, docs/ and the top of the repository are one folder: reports,
figures, examples and benchmarks are read from their places, nothing is
copied, and links are written as they work in the repository.
"""

from pathlib import Path
import re

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
BESIDE = (
    "CITATION.cff",
    "LICENSE",
    "benchmarks/README.md",
    "examples/*.py",
    "examples/*.ipynb",
    "examples/figures/*.gif",
    "examples/figures/*.html",
    "examples/figures/*.png",
    "examples/reports/*/report.md",
    "examples/reports/*/*.png",
    "examples/reports/*/*.pdf",
    "examples/reports/*/table.csv",
)
HELP = re.compile(r"^<!-- help: (.+) -->$", re.M)
# The target of a link or of a picture that begins with one of these.
TO_TOP = re.compile(r"(\]\()((?:\.\./)+)")
TO_DOCS = re.compile(r"(\]\((?:\.\./)*)docs/")


def on_files(files, config):
    """Adds the files beside docs/; the README is the first page."""
    readme = str(ROOT / "README.md")
    files.append(File.generated(config, "index.md", abs_src_path=readme))
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, **_):
    """Fills in the help of commands, and moves links to the site's folder."""
    markdown = HELP.sub(lambda found: command_help(found[1]), markdown)
    is_beside = not Path(page.file.abs_src_path).is_relative_to(ROOT / "docs")
    if is_beside:
        return TO_DOCS.sub(r"\1", markdown)
    depth = page.file.src_uri.count("/")
    return TO_TOP.sub(
        lambda found: found[1] + "../" * min(depth, found[2].count("../")),
        markdown,
    )


def command_help(command):
    """What `keras-ib COMMAND --help` prints, as a block."""
    from click.testing import CliRunner

    from keras_ib_cli.main import main

    arguments = [*command.split(), "--help"]
    result = CliRunner().invoke(main, arguments, prog_name="keras-ib")
    if result.exit_code:
        raise ValueError(f"keras-ib {command} --help fails: {result.output}")
    return f"```text\n{result.output}```"
