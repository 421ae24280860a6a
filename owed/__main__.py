"""`python -m owed`, and the console script `owed`."""

import sys

import typer

from owed.errors import CommandError


def main() -> None:
    """Run the command line; every expected failure is one or more plain lines and an exit code."""
    from owed.cli import application  # the command line is loaded here, so that importing owed stays cheap

    try:
        code = application(standalone_mode=False)
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "exit_code"):
            raise
        error.show()  # type: ignore[attr-defined]  # click's own usage errors know how to show themselves
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
