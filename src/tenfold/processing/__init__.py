"""The steps of the pipeline: fold events into subjects, detect, link, judge."""
