"""The ``commonhold`` command, and ``python -m commonhold``."""

import gc
from typing import NoReturn


def run() -> NoReturn:
    """Run the command with the collector of cycles at rest until it is loaded, and leave with its exit code.

    What is loaded stays to the end, so that looking through it again and again finds nothing: a quarter of the start.
    """
    gc.disable()
    from commonhold.cli.main import main  # noqa: PLC0415 -- loaded while the collector rests

    main()


if __name__ == "__main__":
    run()
