"""Changes to submissions, one function each: permission, change, audit and mail in one transaction.

``drafts`` is the publisher's side, ``files`` takes what they send, ``review`` is the reviewer's, ``publication`` turns
what was approved into a dataset and its versions.
"""
