"""Each bench is a module here with `run(quick) -> Result`; `tenfold-bench NAME` runs it."""
