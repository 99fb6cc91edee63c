"""Files that look like secrets, made here so that none lies in version control."""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def fill(context: Path) -> None:
    """Write the build context."""
    noise = random.Random("e11 secrets")
    body = base64.encodebytes(noise.randbytes(1_192)).decode()
    (context / "id_rsa").write_text(
        f"-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\n"
    )
    (context / "env").write_text("STRIPE_KEY=sk_live_example0000000000000000\nDEBUG=0\n")
    (context / "netrc").write_text("machine example.invalid login deploy password example-mount\n")
