"""Prints, as JSON, every command of dbt's with its options: [[option, a value that it takes or null], ...]."""
import json

import click
from dbt.cli.main import cli

found = {}


def value_of(option):
    if option.is_flag or option.count:
        return None
    if isinstance(option.type, click.Choice):
        return list(option.type.choices)[0]
    if isinstance(option.type, click.types.IntParamType):
        return "3"
    return "{}" if option.name in ("vars", "args", "warn_error_options", "sqlparse") else "."


def walk(command, words):
    if isinstance(command, click.Group):
        for name, part in command.commands.items():
            walk(part, [*words, name])
        return
    found[" ".join(words)] = [
        [name, value_of(option)]
        for option in command.params
        if isinstance(option, click.Option)
        for name in [*option.opts, *option.secondary_opts]
    ]


walk(cli, [])
print(json.dumps(found))
