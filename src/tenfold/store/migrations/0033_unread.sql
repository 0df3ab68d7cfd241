-- Why the bytes of a media item could not be read; empty where they were, or were not sent.
ALTER TABLE media ADD COLUMN note text NOT NULL DEFAULT '';
