"""Certificates for one test, made by openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.needs import missing
from pgx_mirror.peer.settings import TlsFiles

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True)
class Authority:
    """An authority, and what it signs."""

    directory: Path
    name: str

    @classmethod
    def made(cls, directory: Path, name: str) -> Authority:
        """Make one.  Skips where there is no openssl."""
        if reason := missing("openssl"):
            pytest.skip(reason)
        found = cls(directory, name)
        words = ("-x509", "-nodes", "-subj", f"/CN={name}", "-days", "2")
        found._run(
            "req", *_KEY, *words, "-keyout", f"{name}.key", "-out", f"{name}.pem"
        )
        return found

    def files(
        self, name: str, host: str = "IP:127.0.0.1", days: int = 2, subject: str = "CN"
    ) -> TlsFiles:
        """Sign a certificate for *host* and return the three files of a server."""
        subj = f"/{subject}={name}"
        request = ("-nodes", "-subj", subj, "-keyout", f"{name}.key")
        self._run("req", *_KEY, *request, "-out", f"{name}.csr")
        (self.directory / f"{name}.ext").write_text(f"subjectAltName={host}\n")
        by = (
            "-CA",
            f"{self.name}.pem",
            "-CAkey",
            f"{self.name}.key",
            "-CAcreateserial",
        )
        what = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        self._run("x509", "-req", *by, *what, "-days", str(days))
        return TlsFiles(
            *map(self._path, (f"{name}.pem", f"{name}.key", f"{self.name}.pem"))
        )

    def with_passphrase(self, files: TlsFiles) -> str:
        """Return the path of *files*' key, encrypted."""
        found = f"{files.key}.closed"
        words = ("-in", files.key, "-out", found, "-aes128", "-passout", "pass:secret")
        self._run("ec", *words)
        return found

    def _path(self, name: str) -> str:
        return str(self.directory / name)

    def _run(self, *words: str) -> None:
        subprocess.run(
            ["openssl", *words], cwd=self.directory, check=True, capture_output=True
        )
