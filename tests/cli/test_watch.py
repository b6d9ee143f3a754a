"""`keras-ib watch`: a real server, a growing log, a browser."""

from http.client import HTTPConnection
import re
import signal
import subprocess
import sys

from browser import chromium, needs_chromium, show
import pytest
import synthetic_run

from keras_ib.logs.files import CONFIG, ROWS


@pytest.fixture
def whole(tmp_path):
    return synthetic_run.write(
        tmp_path / "whole", taps=("stem", "head"), num_steps=6
    )


@pytest.fixture
def watched(tmp_path):
    """The process and its port, of a folder that is not there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_ib_cli", "watch", tmp_path / "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell may have started the tests with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.default_int_handler
        ),
    )
    line = process.stdout.readline()
    found = re.search(r" is at http://127\.0\.0\.1:(\d+)/ until Ctrl-C", line)
    yield process, int(found[1])
    process.kill()
    process.wait()
    process.stdout.close()


def get(port, path, **headers):
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def begin(folder, whole, num_rows):
    """Lets a run have its first rows."""
    folder.mkdir(exist_ok=True)
    lines = (whole / ROWS).read_text().splitlines(keepends=True)
    (folder / ROWS).write_text("".join(lines[:num_rows]))
    (folder / CONFIG).write_bytes((whole / CONFIG).read_bytes())


def end(process):
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    return rest.split("\n")


def test_answers_to_this_machine_until_ctrl_c(watched, whole, tmp_path):
    process, port = watched
    assert "has not begun" in get(port, "/").text
    none = get(port, "/figure")
    assert "has not begun" in none.text
    state = {"If-None-Match": none.headers["ETag"]}
    assert get(port, "/figure", **state).status == 304
    begin(tmp_path / "run", whole, 64)
    first = get(port, "/figure", **state)
    assert first.status == 200
    assert "block" not in first.text
    begin(tmp_path / "run", whole, 10**6)
    state = {"If-None-Match": first.headers["ETag"]}
    second = get(port, "/figure", **state)
    assert len(second.text) > len(first.text)
    # What is half written is not drawn, and ends nothing.
    (tmp_path / "run" / CONFIG).write_text("{")
    assert get(port, "/figure").status == 503
    assert get(port, "/etc/passwd").status == 404
    assert get(port, "/", Host=f"elsewhere.org:{port}").status == 403
    assert end(process) == ["", f"{tmp_path / 'run'} is no longer watched.", ""]
    assert process.returncode == 0


@needs_chromium
@pytest.mark.slow
def test_a_page_grows_with_the_log(watched, whole, tmp_path):
    process, port = watched
    with chromium() as browser:
        page = show(browser, f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".gtitle")
        begin(tmp_path / "run", whole, 100)  # Two measurements.
        page.wait_for_function("plane._transitionData?._frames?.length > 1")
        few = page.evaluate("plane._transitionData._frames.length")
        # What was chosen stays chosen.
        page.evaluate(
            "Plotly.update(plane, ...plane.layout.updatemenus[1].buttons[1]"
            ".args).then(() => plane.layout.updatemenus[1].active = 1)"
        )
        begin(tmp_path / "run", whole, 10**6)
        page.wait_for_function(f"plane.layout.sliders[0].steps.length > {few}")
        page.wait_for_function(
            "plane.data.find((trace) => trace.visible && trace.name)"
            " !== plane.data[0]"
        )
        assert page.evaluate("plane.layout.updatemenus[1].active") == 1
        assert page.said == []
        hosts = {re.match(r"\w+:/*([^/]*)", url)[1] for url in page.requests}
        assert hosts == {f"127.0.0.1:{port}"}
    end(process)
    assert process.returncode == 0
