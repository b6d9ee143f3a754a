"""Files and names of others: one sentence, and nothing is run or filled."""

import csv
import gzip
import os
import zipfile

from click.testing import CliRunner
import h5py
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, archives, plotting
from keras_ib.checkpoints import files as weightfiles
from keras_ib.data import files as datafiles
from keras_ib.reports import words
from keras_ib.reports.blocks import Report, write_table
from keras_ib.training import experiment
from keras_ib_cli.main import main

NAME = r"=cmd|$\frac{$<script>"


def refused(function, path):
    """What is said of a file, without the folder that it is in."""
    with pytest.raises(ValueError, match=path.name) as error:
        function(path)
    said = str(error.value).replace(str(path.parent), "")
    assert len(said) <= 200
    assert "\n" not in said
    return said


def bomb(path):
    """A small zip file whose directory says 2 GiB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", b"0" * 10**5)
        archive.infolist()[0].file_size = 2**31 - 1


def weights(iterations):
    def write(path):
        with h5py.File(path, "w") as file:
            file["optimizer/vars/0"] = iterations

    return write


def no_zip(path):
    path.write_bytes(b"PK\3\4" + b"\0" * 99)


def pickled(path):
    np.savez(path, x=np.array([object()]))


def keras_like(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{" * 10**4)
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"none")


def tree(path, build):
    """A .weights.h5 file, or a .keras file that has it inside."""
    inner = path if path.suffix == ".h5" else path.with_suffix(".h5")
    with h5py.File(inner, "w") as file:
        file["optimizer/vars/0"] = 3
        build(file)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.write(inner, "model.weights.h5")


SECRET = "secret.h5"


def outside(file):
    """The name of another HDF5 file, beside the weights."""
    path = os.path.join(os.path.dirname(os.path.abspath(file.filename)), SECRET)
    with h5py.File(path, "w") as other:
        other["x"] = np.arange(4)
    return path


def fills_the_memory(file):
    options = {"chunks": (2**20,), "compression": "gzip"}
    file.create_dataset("layers/dense/vars/0", (2**35,), "float32", **options)


def is_linked_to_another_file(file):
    file["layers/dense/vars/0"] = h5py.ExternalLink(outside(file), "x")


def is_linked_within(file):
    file["layers/dense/vars/0"] = h5py.SoftLink("/optimizer/vars/0")


def lies_in_another_file(file):
    external = [(outside(file), 0, 32)]
    file.create_dataset("layers/dense/vars/0", (4,), "i8", external=external)


def is_made_of_another_file(file):
    layout = h5py.VirtualLayout((4,), "i8")
    layout[:] = h5py.VirtualSource(outside(file), "x", (4,))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def counts_in_another_file(file):
    del file["optimizer/vars/0"]
    file["optimizer/vars/0"] = h5py.ExternalLink(outside(file), "x")


def counts_in_64_gib(file):
    del file["optimizer/vars/0"]
    file.create_dataset("optimizer/vars/0", (2**36,), "u1", chunks=(2**20,))


READERS = {
    ".npz": [archives.read_npz],
    ".keras": [weightfiles.read, experiment._load],
    ".weights.h5": [weightfiles.read],
}


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        *((s, lambda p: p.write_bytes(b"")) for s in READERS),
        *(
            (s, lambda p: p.write_bytes(b"PK\3\4" + b"\0" * 99))
            for s in READERS
        ),
        (".npz", pickled),
        (".keras", keras_like),
        (".weights.h5", weights(np.arange(9))),
        (".weights.h5", weights(2**63 + 1)),
        (".weights.h5", weights(-1)),
        (".weights.h5", weights("12")),
        (".weights.h5", weights(np.nan)),
    ],
)
def test_a_damaged_file_is_one_sentence_with_its_name(tmp_path, suffix, write):
    path = tmp_path / f"some{suffix}"
    write(path)
    for reader in READERS[suffix]:
        refused(reader, path)


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
@pytest.mark.parametrize(
    ("build", "says"),
    [
        (fills_the_memory, "would unpack into 128.0 GiB"),
        (is_linked_to_another_file, "is a link"),
        (is_linked_within, "is a link"),
        (lies_in_another_file, "is in another file"),
        (is_made_of_another_file, "is in another file"),
        (counts_in_another_file, "is a link"),
        (counts_in_64_gib, "would unpack into 64.0 GiB"),
    ],
)
def test_weights_are_in_their_file_and_no_more_than_it_holds(
    tmp_path, suffix, build, says
):
    path = tmp_path / f"some{suffix}"
    tree(path, build)
    for reader in READERS[suffix]:
        assert says in refused(reader, path)


def idx(path, shape, content):
    head = np.array([0x800 + len(shape), *shape], ">u4").tobytes()
    with gzip.open(path, "wb") as file:
        file.write(head + content)


@pytest.mark.parametrize(
    ("shape", "content", "says"),
    [
        ((2**31, 2**9, 2**9), b"", "more than a file of its size holds"),
        ((1, 2, 2), bytes(2**24), "promises [1, 2, 2] values and holds more"),
        ((2, 2, 2), b"x", "promises [2, 2, 2] values and holds 1"),
        ((), b"", "is no IDX file"),
    ],
)
def test_a_gzip_bomb_is_not_unpacked(tmp_path, shape, content, says):
    path = tmp_path / datafiles.IDX_FILES[0]
    idx(path, shape, content)
    assert says in refused(datafiles._read_idx, path)


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        os.mkdir,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path),
    ],
)
def test_what_is_no_file_is_not_waited_for(tmp_path, suffix, make):
    path = tmp_path / f"some{suffix}"
    make(path)
    for reader in READERS[suffix]:
        refused(reader, path)
    if suffix != ".npz":
        with pytest.raises(ValueError, match="some"):
            weightfiles.find(tmp_path)


@pytest.mark.parametrize("suffix", [".npz", ".keras"])
def test_a_zip_bomb_is_not_unpacked(tmp_path, suffix):
    path = tmp_path / f"bomb{suffix}"
    bomb(path)
    for reader in READERS[suffix]:
        assert "would unpack into 2.0 GiB" in refused(reader, path)


def test_a_table_has_no_formulas(tmp_path):
    rows = [["=1+1", "+x", "@y", "-z", "-0.5", -0.5, "stem", None]]
    write_table(tmp_path / "t.csv", ["=a"], rows)
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "'=a",
        "'=1+1,'+x,'@y,'-z,-0.5,-0.5,stem,",
    ]


@pytest.mark.parametrize("wide", [[], ["--wide"]])
def test_an_export_has_no_formulas(tmp_path, wide):
    folder = synthetic_run.write(tmp_path / "run", taps=["=1+1"], data=["@x"])
    for file in folder.iterdir():
        text = file.read_text().replace('"zx"', '"=zx"')
        file.write_text(text.replace('"zy"', '"-zy"'))
    result = CliRunner().invoke(main, ["export", str(folder), *wide])
    assert result.exit_code == 0
    with open(folder / "info_plane.csv", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [c for c in cells if c.startswith(("=", "@", "+", "-zy"))]
    assert "'=1+1" in cells


def test_a_report_has_no_tags_of_others(tmp_path):
    report = Report(NAME)
    report.heading(NAME)
    report.paragraph(f"{NAME} and `a <b` and 1 < 2")
    names = [NAME, "[a](http://b) `c` ![d](e)", "`<b>`", "\\`<i>"]
    report.table([NAME], [[f"{name}\n"] for name in names], NAME)
    report.paragraph(words.name("x`\n\n<script>``"))
    report.write(tmp_path, ["a"], [])
    for file in ("report.md", "report.html"):
        text = (tmp_path / file).read_text()
        # Within a span of code it is none.
        assert "<script" not in text.replace("`x' <script>''`", "")
        assert "<a href" not in text
        assert "<i>" not in text
    text = (tmp_path / "report.md").read_text()
    assert "`a <b` and 1 < 2" in text
    assert r"| [a]\(http://b) `c` ![d]\(e) |" in text
    assert "| `<b>` |" in text  # Code.
    assert "<b>" not in (tmp_path / "report.html").read_text()


@pytest.mark.slow
def test_names_are_no_formulas_of_matplotlib(tmp_path):
    folder = tmp_path / NAME.replace("/", "")
    synthetic_run.write(folder, taps=[NAME, "head"])
    for draw in (plotting.plane, plotting.dynamics, plotting.depth):
        draw(RunLog(folder), path=tmp_path / "figure.png")
    other = tmp_path / "other"
    synthetic_run.write(other, taps=[NAME, "head"])
    plotting.plane([folder, other], path=tmp_path / "figure.png")
