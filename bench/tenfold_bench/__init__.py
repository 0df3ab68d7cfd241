"""Each bench is a module here with `run(quick) -> Result`; `tenfold-bench NAME` runs it."""

import os

# Benches count CPU time, and workers of Tenfold use one thread each. Numpy reads this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
