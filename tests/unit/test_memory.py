"""What is freed is given back, in a process of its own: how memory is given out cannot be taken back."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
MOST_LEFT_MIB = 20
WORK = """
import io, sys, psutil
from concurrent.futures import ThreadPoolExecutor
from PIL import Image
from bot.__main__ import spare_memory

def open_one(data):
    Image.open(io.BytesIO(data)).resize((600, 600)).tobytes()

file = io.BytesIO()
Image.effect_noise((1024, 1024), 20).convert("RGB").save(file, "JPEG")
if "spare" in sys.argv and not spare_memory():
    raise SystemExit("glibc takes no such options")
before = psutil.Process().memory_info().rss
with ThreadPoolExecutor(8) as threads:
    list(threads.map(open_one, [file.getvalue()] * 64))
    print(psutil.Process().memory_info().rss - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library gives out memory here")
def test_pictures_leave_no_holes() -> None:
    """After many pictures in many threads there is about as much memory as before; without it, 66 MiB more."""
    command = [sys.executable, "-c", WORK, "spare"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 (our words)
    assert int(done.stdout) < MOST_LEFT_MIB * MIB
