"""Sending a file in parts, straight to the site's storage: parallel, resumable, proven before the end."""

from commonhold.client.upload.send import Sent, Upload, send

__all__ = ["Sent", "Upload", "send"]
