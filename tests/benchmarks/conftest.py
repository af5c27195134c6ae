"""Makes the repository's `benchmarks` folder importable by the name it has when run from the root.

The root itself stays off `sys.path`: it would offer `crawler`, `storage` and `scheduler` under names that are
not theirs.
"""

import sys
from pathlib import Path
from types import ModuleType

benchmarks = ModuleType("benchmarks")
benchmarks.__path__ = [str(Path(__file__).parents[2] / "benchmarks")]
sys.modules["benchmarks"] = benchmarks
