"""Batches of subjects in, signals out. Detectors know nothing of policy, cases or the pipeline."""
