"""Every command: where it lives, and what it does in a line. Reading this table loads none of them."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One command.

    Attributes:
        target: ``module:attribute`` of the click command.
        summary: what it does, as the overview shows it.
        section: the heading it stands under.
    """

    target: str
    summary: str
    section: str


_SIGN_IN = "Your sign-in"
_DATASETS = "Datasets"
_PUBLISHING = "Publishing"
_SITE = "A site of your own"

COMMANDS = {
    "search": Entry("commonhold.cli.search:command", "Find datasets.", _DATASETS),
    "info": Entry("commonhold.cli.info:command", "Show what there is to know about a dataset.", _DATASETS),
    "agree": Entry("commonhold.cli.agree:command", "Accept a dataset's terms, on its page.", _DATASETS),
    "download": Entry(
        "commonhold.cli.download:command", "Download datasets, resumable and verified.", _DATASETS
    ),
    "sample": Entry("commonhold.cli.sample:command", "Download the small sample of a dataset.", _DATASETS),
    "ls": Entry("commonhold.cli.ls:command", "List what lies in a dataset's archive.", _DATASETS),
    "cat": Entry("commonhold.cli.cat:command", "Write a file out of an archive to stdout.", _DATASETS),
    "extract": Entry("commonhold.cli.extract:command", "Extract some files out of an archive.", _DATASETS),
    "verify": Entry("commonhold.cli.verify:command", "Check a downloaded file, and repair it.", _DATASETS),
    "cache": Entry("commonhold.cli.cache:command", "See and clear the files that programs share.", _DATASETS),
    "versions": Entry("commonhold.cli.versions:command", "List the versions of a dataset.", _DATASETS),
    "publish": Entry(
        "commonhold.cli.publish:command", "Send a dataset, or a new version of one.", _PUBLISHING
    ),
    "submissions": Entry(
        "commonhold.cli.submissions:command", "See and submit what you publish.", _PUBLISHING
    ),
    "login": Entry("commonhold.cli.login:command", "Sign in to a site.", _SIGN_IN),
    "logout": Entry("commonhold.cli.logout:command", "Forget a stored API key, or revoke it.", _SIGN_IN),
    "whoami": Entry("commonhold.cli.whoami:command", "Show whom the key speaks for.", _SIGN_IN),
    "quota": Entry("commonhold.cli.quota:command", "Show what is left of today's downloads.", _SIGN_IN),
    "doctor": Entry("commonhold.cli.doctor:command", "Find what is wrong with the connection.", _SIGN_IN),
    "completion": Entry(
        "commonhold.cli.completion:command", "Complete commands in bash, zsh or fish.", _SIGN_IN
    ),
    "demo": Entry("commonhold.cli.demo:command", "Start a whole site with a small real collection.", _SITE),
    "serve": Entry("commonhold.cli.serve:command", "Serve a site.", _SITE),
    "worker": Entry("commonhold.cli.worker:command", "Do a site's background work.", _SITE),
    "admin": Entry(
        "commonhold.cli.admin:command", "Look after a site: load, check, back up, users, keys.", _SITE
    ),
}
