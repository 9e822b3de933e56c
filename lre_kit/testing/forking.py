"""Programs in processes of their own that may die, without importing the office anew for each."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Self

SERVER = """
import json, os, sys
import lre_kit.failpoints, lre_kit.office, lre_kit.testing.office

for line in sys.stdin:
    wanted = json.loads(line)
    held, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(held, 1)  # whoever traces takes hold first
        os.dup2(2, 1)
        os.environ.update(wanted["environment"])
        sys.argv = ["forked", *wanted["arguments"]]
        try:
            exec(wanted["program"], {"__name__": "__main__"})
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        os._exit(code)
    print(child, flush=True)
    sys.stdin.readline()
    os.write(go, b"x")
    os.close(held)
    os.close(go)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class ForkingPython:
    """A process that has imported the office and forks for each program; a context manager."""

    def __init__(self, scratch: Path) -> None:
        """Start it; what its children complain of is kept in `scratch`."""
        self._complaints = scratch / "complaints"
        self._errors = self._complaints.open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def run(
        self,
        program: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        holding: Callable[[int], AbstractContextManager[None]] | None = None,
    ) -> int:
        """Run a program and return its exit code, negative for the signal that killed it.

        Args:
            program: Its text; ``sys.argv[1:]`` are the arguments.
            arguments: Given to it.
            environment: Variables that are set for it.
            holding: Entered with the process's number before the program begins, and left after its end.
        """
        wanted = {"program": program, "arguments": arguments, "environment": dict(environment or {})}
        child = int(self._ask(json.dumps(wanted)))
        with holding(child) if holding is not None else nullcontext():
            return int(self._ask("go"))

    @property
    def complaints(self) -> str:
        """What the programs wrote."""
        return self._complaints.read_text(encoding="utf-8", errors="replace")[-2000:]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate(timeout=10)
        self._errors.close()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def killing_at_write(child: int, nth: int) -> Iterator[None]:
    """Let strace kill a process at its n-th durable write."""
    trace = (
        "strace", "-f", "-p", str(child), "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
        "-e", f"inject=fsync,fdatasync:signal=SIGKILL:when={nth}",
    )  # fmt: skip
    with subprocess.Popen(trace, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        yield
