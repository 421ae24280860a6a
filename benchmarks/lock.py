"""`./run lock`: write requirements/*.lock anew: versions and hashes for every Python we support, no address of any index."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = "--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --upgrade"

#: Lock file -> what it is made from. The later ones keep to the versions of the earlier.
LOCKS = {
    "build": ["--group", "build"],
    "owed": ["pyproject.toml", "-c", "requirements/build.lock"],
    "dev": ["--group", "dev", "-c", "requirements/owed.lock"],
}


def main() -> int:
    for name, source in LOCKS.items():
        target = ROOT / "requirements" / f"{name}.lock"
        command = [sys.executable, "-m", "uv", "pip", "compile", *COMMON.split(), *source, "-o", str(target)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return 1
        text = target.read_text()
        assert "://" not in text, f"{target} names an address"
        print(f"{target.relative_to(ROOT)}: {text.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
