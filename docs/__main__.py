"""Writes what is generated in the documentation anew: ``python -m docs`` (``make docs``).

Tables go between ``<!-- generated -->`` marks, and the API's examples are recorded from a real site; tests compare both
with the code, so they cannot go stale.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent
EXAMPLES = ROOT.parent / "src" / "commonhold" / "server" / "api" / "collective" / "examples.json"


def main() -> None:
    """Write every generated part; with ``--examples`` the recorded answers too."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COMMONHOLD_DATA"] = str(Path(folder) / "data")
        os.environ["COMMONHOLD_BASE_URL"] = "https://data.example.org"
        os.environ["COMMONHOLD_STORAGE_PUBLIC_URL"] = "https://storage.example.org"
        os.environ["DJANGO_SETTINGS_MODULE"] = "commonhold.server.config.settings"
        import django

        django.setup()
        from docs.examples import record
        from docs.generated import PAGES, written

        for name, make in PAGES.items():
            path = ROOT / name
            path.write_text(written(path.read_text(), make()))
            print(f"docs/{name}")
        if "--examples" in sys.argv[1:]:
            EXAMPLES.write_text(json.dumps(record(Path(folder)), ensure_ascii=False, indent=1) + "\n")
            print(EXAMPLES.relative_to(ROOT.parent))


if __name__ == "__main__":
    main()
