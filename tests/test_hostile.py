"""Files and names of others: one sentence, and nothing is run or filled."""

import os
import zipfile

import h5py
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, archives, plotting
from keras_ib.checkpoints import files as weightfiles
from keras_ib.reports.blocks import Report, write_table
from keras_ib.training import experiment

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


@pytest.mark.parametrize("suffix", [".npz", ".keras"])
def test_a_zip_bomb_is_not_unpacked(tmp_path, suffix):
    path = tmp_path / f"bomb{suffix}"
    bomb(path)
    for reader in READERS[suffix]:
        assert "would unpack into 2.0 GiB" in refused(reader, path)


def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "pipe.npz"
    os.mkfifo(path)
    assert "a pipe" in refused(archives.read_npz, path)


def test_a_table_has_no_formulas(tmp_path):
    rows = [["=1+1", "+x", "@y", "-z", "-0.5", -0.5, "stem", None]]
    write_table(tmp_path / "t.csv", ["=a"], rows)
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "'=a",
        "'=1+1,'+x,'@y,'-z,-0.5,-0.5,stem,",
    ]


def test_a_report_has_no_tags_of_others(tmp_path):
    report = Report(NAME)
    report.heading(NAME)
    report.paragraph(f"{NAME} and `a <b` and 1 < 2")
    report.table([NAME], [[NAME + "\n"]], NAME)
    report.write(tmp_path, ["a"], [])
    for file in ("report.md", "report.html"):
        assert "<script" not in (tmp_path / file).read_text()
    assert "`a <b` and 1 < 2" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
def test_names_are_no_formulas_of_matplotlib(tmp_path):
    folder = tmp_path / NAME.replace("/", "")
    synthetic_run.write(folder, taps=[NAME, "head"])
    for draw in (plotting.plane, plotting.dynamics, plotting.depth):
        draw(RunLog(folder), path=tmp_path / "figure.png")
    other = tmp_path / "other"
    synthetic_run.write(other, taps=[NAME, "head"])
    plotting.plane([folder, other], path=tmp_path / "figure.png")
