"""Background work: jobs in the site's own database, done by processes with leases.

A job is a row. A runner takes it with a lease and keeps that alive while it works; a runner that dies lets the lease
run out, and another takes the job up. So every job may be done twice, and is written so that this changes nothing.
"""
