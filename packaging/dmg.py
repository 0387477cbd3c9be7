"""The disk image for macOS; packaging/macos/README.md has the whole recipe."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ground import BUILD, DIST, HERE, NAME, fresh, needed, run, version


def make(folder: Path) -> Path:
    """Make the disk image with the application beside the folder and return its file.

    Signed and notarised where OUTPOST_SIGN_IDENTITY and OUTPOST_NOTARY_PROFILE are set.
    """
    application = folder.parent / "Outpost.app"
    target = DIST / f"{NAME}-{version()}.dmg"
    identity, profile = (
        os.environ.get(name, "") for name in ("OUTPOST_SIGN_IDENTITY", "OUTPOST_NOTARY_PROFILE")
    )
    if identity:
        _sign(application, identity)
    image = fresh(BUILD / "dmg")
    shutil.copytree(application, image / application.name, symlinks=True)
    (image / "Applications").symlink_to("/Applications")
    create = [needed("hdiutil", "macOS"), "create", "-volname", "Outpost", "-format", "UDZO"]
    run([*create, "-srcfolder", image, "-ov", target])
    if identity and profile:
        run(["codesign", "--sign", identity, "--timestamp", target])
        run(["xcrun", "notarytool", "submit", target, "--keychain-profile", profile, "--wait"])
        run(["xcrun", "stapler", "staple", target])
    return target


def _sign(application: Path, identity: str) -> None:
    """Sign everything that is code, from the inside out, with the hardened runtime."""
    options = ["--force", "--timestamp", "--options", "runtime"]
    options += ["--entitlements", str(HERE / "macos" / "entitlements.plist"), "--sign", identity]
    inside = [*application.rglob("*.dylib"), *application.rglob("*.so")]
    for each in sorted(inside, key=lambda path: len(path.parts), reverse=True):
        if not each.is_symlink():
            run(["codesign", *options, each])
    run(["codesign", *options, "--deep", application])
    run(["codesign", "--verify", "--strict", "--deep", application])
