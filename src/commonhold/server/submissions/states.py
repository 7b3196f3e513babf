"""The states of a submission and of a file sent for one (collective-api.md 4.2, 4.3)."""

DRAFT, SUBMITTED, IN_REVIEW = "draft", "submitted", "in_review"
APPROVED, REJECTED, EDITS_REQUESTED, RETRACTED = "approved", "rejected", "edits_requested", "retracted"
STATES = (DRAFT, SUBMITTED, IN_REVIEW, APPROVED, REJECTED, EDITS_REQUESTED, RETRACTED)

# Whose turn it is: the publisher may still change everything, or a reviewer decides.
OPEN = (DRAFT, EDITS_REQUESTED, RETRACTED)
UNDER_REVIEW = (SUBMITTED, IN_REVIEW)

ARCHIVE, SAMPLE = "archive", "sample"
FILE_KINDS = (ARCHIVE, SAMPLE)

INITIATING, UPLOADING, COMPLETED, FAILED = "initiating", "uploading", "completed", "failed"
UPLOAD_STATES = (INITIATING, UPLOADING, COMPLETED, FAILED)

NOT_BEGUN, WAITING, VERIFYING, VERIFIED, REFUSED = "", "waiting", "verifying", "verified", "rejected"
VERIFICATIONS = (NOT_BEGUN, WAITING, VERIFYING, VERIFIED, REFUSED)

NOT_NEEDED, AWAITS_REVIEW, RELEASED, TURNED_DOWN = "", "awaits_review", "released", "turned_down"
RELEASES = (NOT_NEEDED, AWAITS_REVIEW, RELEASED, TURNED_DOWN)
