"""Trackers without a network, each in a folder of its own."""

import tempfile

import pytest

ROOT = tempfile.mkdtemp()
# Trackio reads its folder when it is imported, and keeps it.
SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_TRACKING_URI": f"file://{ROOT}/mlflow",
    "TRACKIO_DIR": f"{ROOT}/trackio",
    "WANDB_DIR": ROOT,
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
}


@pytest.fixture(scope="module", autouse=True)
def offline():
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        yield
