"""A reproduction does every part once, however often it is stopped."""

import pytest

from keras_ib.papers.reproduction import (
    DamagedPartsError,
    Part,
    Reproduction,
    run,
)
from keras_ib.reports.blocks import Report

pytestmark = pytest.mark.jax


class Toy(Reproduction):
    name = "toy"
    title = "A toy"
    source = "us"

    def __init__(self, folder, *, stop_at=None, **options):
        super().__init__(folder, **options)
        self.stop_at, self.ran = stop_at, []

    def parts(self):
        return [
            Part(f"part-{i}", lambda folder, i=i: self._do(folder, i))
            for i in range(self.num_seeds)
        ]

    def _do(self, folder, i):
        assert not list(folder.iterdir())
        (folder / "half").write_text("")
        if i == self.stop_at:
            raise KeyboardInterrupt
        self.ran.append(i)
        (folder / "value").write_text(str(i))

    def report(self):
        values = [
            int((self.part_folder(part.name) / "value").read_text())
            for part in self.parts()
        ]
        return Report(self.title), ["value"], [[value] for value in values]


def test_it_goes_on_where_it_was_stopped(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(Toy(tmp_path, num_seeds=4, stop_at=2), "toy")
    assert not (tmp_path / "report.md").exists()
    assert not (tmp_path / "runs" / "part-2").exists()
    lines, toy = [], Toy(tmp_path, num_seeds=4)
    path = run(toy, "toy --seeds 4", say=lines.append)
    assert toy.ran == [2, 3]
    assert lines[0] == "2 of 4 parts are done already"
    assert lines[1].startswith("[3/4] part-2: 0 s, about 0 min left")
    assert path == tmp_path / "report.md"
    assert "`toy --seeds 4`" in path.read_text()
    assert (tmp_path / "table.csv").read_text() == "value\n0\n1\n2\n3\n"
    again = Toy(tmp_path, num_seeds=4)
    run(again, "toy", say=lines.append)
    assert again.ran == []


def test_a_quick_run_says_so(tmp_path):
    text = run(Toy(tmp_path, num_seeds=1, quick=True), "toy").read_text()
    assert "say nothing about the claims" in text


def test_other_options_are_refused(tmp_path):
    run(Toy(tmp_path, num_seeds=1), "toy")
    with pytest.raises(ValueError, match=r"'num_seeds': 1.*'num_seeds': 2"):
        run(Toy(tmp_path, num_seeds=2), "toy")


def test_seeds_with_parts_of_their_own_can_be_added(tmp_path):
    class Growing(Toy):
        seeds_are_parts = True

    run(Growing(tmp_path, num_seeds=2), "toy")
    more = Growing(tmp_path, num_seeds=3)
    run(more, "toy")
    assert more.ran == [2]
    with pytest.raises(ValueError, match="'quick': True"):
        run(Growing(tmp_path, num_seeds=3, quick=True), "toy")


def test_a_part_that_is_damaged_is_named(tmp_path):
    run(Toy(tmp_path, num_seeds=1), "toy")
    part = tmp_path / "runs" / "part-0"
    for file in ("value", "config.json"):
        text = (part / file).read_text()
        (part / file).write_text("{}")
        with pytest.raises(DamagedPartsError, match=r"A part in .*runs is dam"):
            run(Toy(tmp_path, num_seeds=1), "toy")
        (part / file).write_text(text)
    run(Toy(tmp_path, num_seeds=1), "toy")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 10**5]
)
def test_options_that_are_damaged_are_named(tmp_path, content):
    (tmp_path / "reproduction.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"reproduction\.json is damaged"):
        run(Toy(tmp_path, num_seeds=1), "toy")


def test_parts_are_not_written_through_a_link(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "runs").symlink_to(outside)
    with pytest.raises(OSError, match="runs is a link; remove it"):
        run(Toy(tmp_path / "toy", num_seeds=1), "toy")
    assert not list(outside.iterdir())


def test_no_seed_is_refused(tmp_path):
    with pytest.raises(ValueError, match="num_seeds=0"):
        Toy(tmp_path, num_seeds=0)
