"""``muxprof env``."""

import sys

from muxprof.cli import options
from muxprof.cli.boundary import command
from muxprof.cli.deliver import console


@command
def env(*, json: options.Json = False, debug: options.Debug = False) -> None:  # noqa: ARG001 - for the error boundary
    """Versions, devices, what is missing and how to get it."""
    import json as json_module

    from muxprof.answers.env import machine

    found = machine.describe()
    if json:
        sys.stdout.write(json_module.dumps(found.as_json(), indent=2) + "\n")
        return
    from muxprof.answers.env.parts import machine_parts
    from muxprof.formats import terminal

    terminal.print_parts(machine_parts(found), console())
