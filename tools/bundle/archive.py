"""A directory as a tar.gz, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from pathlib import Path

# Seconds since 1970: 1980, as in a zip archive, unless whoever builds a package says more.
_WHEN = 315532800


def pack(top: Path, path: Path) -> str:
    """Write the directory *top* as the archive *path*, and its checksum beside it.

    Return the checksum.
    """
    when = int(os.environ.get("SOURCE_DATE_EPOCH", _WHEN))
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=when) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for one in [top, *sorted(top.rglob("*"))]:
            member = archive.gettarinfo(one, str(one.relative_to(top.parent)))
            member.mtime, member.uid, member.gid = when, 0, 0
            member.uname = member.gname = "root"
            if member.isreg():
                with one.open("rb") as file:
                    archive.addfile(member, file)
            else:
                archive.addfile(member)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
    return digest
