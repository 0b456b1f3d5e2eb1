"""What every test stands on: things that are kept go to a folder of the test run's own, not to a person's."""

import os
import tempfile

_kept = tempfile.TemporaryDirectory(prefix="earworm-tests-")
os.environ["EARWORM_DATA"] = _kept.name
for name in ("EARWORM_C2PA_CERT", "EARWORM_C2PA_KEY", "EARWORM_C2PA_TSA"):
    os.environ.pop(name, None)
