"""What compiles for TPUs is run where it is asked for, and only there."""


def pytest_collection_modifyitems(config, items):
    """Leaves it out unless `-m tpu` names it: it takes an hour or more."""
    if "tpu" in config.option.markexpr:
        return
    others = [item for item in items if item.get_closest_marker("tpu")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
