"""The commands of ``commonhold admin``; reading this table loads none of them."""

from commonhold.cli.table import Entry

_DATA, _PEOPLE, _SITE = "Data", "People and organizations", "The site"

COMMANDS = {
    "load": Entry("commonhold.cli.admin.load:command", "Load a collection file.", _DATA),
    "generate": Entry(
        "commonhold.cli.admin.generate:command", "Make up datasets in any number, for measuring.", _DATA
    ),
    "backup": Entry(
        "commonhold.cli.admin.backup:command", "Write the whole site into one file, while it runs.", _DATA
    ),
    "restore": Entry("commonhold.cli.admin.restore:command", "Restore a backup into an empty site.", _DATA),
    "check": Entry("commonhold.cli.admin.check:command", "Find what is wrong with the site's setup.", _SITE),
    "verify": Entry(
        "commonhold.cli.admin.verify:command", "Compare the store with the database, and clean it.", _SITE
    ),
    "site": Entry("commonhold.cli.admin.site:command", "Turn the site's switches.", _SITE),
    "user": Entry("commonhold.cli.admin.user:command", "People: create, list, deactivate.", _PEOPLE),
    "key": Entry("commonhold.cli.admin.key:command", "API keys: create, list, revoke.", _PEOPLE),
    "organization": Entry(
        "commonhold.cli.admin.organization:command", "Organizations: create, list, set, member.", _PEOPLE
    ),
    "quota": Entry(
        "commonhold.cli.admin.quota:command", "What an organization used today: show, reset.", _PEOPLE
    ),
    "submission": Entry(
        "commonhold.cli.admin.submission:command", "Submissions: list, approve, reject, request-edits.", _DATA
    ),
    "purchase": Entry(
        "commonhold.cli.admin.purchase:command", "Datasets with a price: grant, revoke.", _PEOPLE
    ),
}
