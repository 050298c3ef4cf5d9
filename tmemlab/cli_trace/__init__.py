"""The commands below ``tmemlab trace``: one file a kind of work."""

import typer

from tmemlab.cli_trace import composing, generating, importing, looking, recording, second_level

trace_app = typer.Typer(help="Record, import, make and look at page traces.")
for part in (recording, looking, importing, generating, composing, second_level):
    part.add_to(trace_app)
