"""``python -m commonhold`` is the ``commonhold`` command."""

from commonhold.cli.main import main

main()
