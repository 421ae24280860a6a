"""`python -m owed`, and the console script `owed`."""

import os
import sys

import typer

from owed.errors import CommandError, outside

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; every expected failure is one or more plain lines and an exit code."""
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        _close_quietly()
        code = 1
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


def _run() -> int:
    from owed.cli.frame import loaded_for  # the command line is loaded here, so that importing owed stays cheap
    from owed.cli.printing import visible

    try:
        code = loaded_for(sys.argv[1:])(standalone_mode=False, prog_name="owed")
    except CommandError as error:
        sys.stderr.write(f"{visible(str(error))}\n")
        return error.exit_code
    except typer.Abort:
        sys.stderr.write("stopped: nobody answered\n")
        return 1
    except BrokenPipeError:
        raise
    except Exception as error:
        return _failed(error, visible(outside(error)))
    return code if isinstance(code, int) else 0


def _failed(error: Exception, line: str) -> int:
    if line:
        sys.stderr.write(f"{line}\n")
        return 1
    if not hasattr(error, "exit_code"):
        raise error
    error.show()  # type: ignore[attr-defined]  # click's own usage errors know how to show themselves
    return int(error.exit_code)


def _close_quietly() -> None:
    """The reader has left (`owed invoices | head -1`): nothing more is written, also not when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
