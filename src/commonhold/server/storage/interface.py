"""placeholder"""
from typing import Protocol
class ObjectStore(Protocol):
    def download_url(self, key, *, filename, content_type, expires_at): ...
