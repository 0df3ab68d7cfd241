"""Is it the same people? Fingerprints, keys, evidence, the model, candidates, sweeps."""
