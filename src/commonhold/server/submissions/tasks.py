"""The names of this room's background jobs, apart from the code that does them."""

VERIFY = "submissions.verify"
DROP = "submissions.drop"
CLEAN = "submissions.clean"
TIDY = "submissions.tidy"
