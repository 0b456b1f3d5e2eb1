"""torchaudio's Python parts work whether or not its compiled extension loads."""

import subprocess
import sys

from modules.assets import ROOT


def run(code: str) -> str:
    """A fresh interpreter: what is imported already would hide what is tested."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_resampling_works_after_preparing_twice():
    code = ("from modules.audio.torchaudio_compat import prepare_torchaudio as p; first = p(); assert p() is first\n"
            "import torch, torchaudio\n"
            "print(torchaudio.functional.resample(torch.zeros(1, 44100), 44100, 16000).shape[-1])")
    assert run(code) == "16000"


def test_a_working_extension_is_left_alone():
    code = ("import sys, types\n"
            "true = types.ModuleType('torchaudio._extension'); sys.modules['torchaudio._extension'] = true\n"
            "sys.modules['torchaudio'] = types.ModuleType('torchaudio')\n"
            "from modules.audio.torchaudio_compat import prepare_torchaudio\n"
            "print(prepare_torchaudio(), sys.modules['torchaudio._extension'] is true)")
    assert run(code) == "False True"
