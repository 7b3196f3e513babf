"""``python -m commonhold`` is the ``commonhold`` command."""

from commonhold.cli.main import main

if __name__ == "__main__":
    main()
