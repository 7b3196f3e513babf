"""placeholder until the client's branch lands"""
import click
from commonhold.cli.serve import command
@click.group()
def main(): ...
main.add_command(command)
