"""HTTP/1.1 as a downloader needs it: bounded, strict, received straight into memory, and loaded in no time.

:class:`~commonhold.client.http.connection.Connection` is what the other rooms use. Below it a ``Link`` is one open
connection, a ``Head`` what stands before a body, a ``Body`` how it is framed, a ``Stream`` the bytes as they arrive.

Why not :mod:`http.client`: loading it takes longer than a small download, for it reads heads with a parser made for
mail; that parser also mends what RFC 9112 calls faulty, where a downloader must not guess which bytes are the file's.
"""
