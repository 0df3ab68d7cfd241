-- Parts of pictures.

-- Points of entries of banks of media: see detectors/media/points.py. Numbers rise in the order in which
-- transactions commit, as those of media_hashes do.
CREATE TABLE media_points (
    number integer          GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank   text             NOT NULL,
    key    text COLLATE "C" NOT NULL,
    points bytea            NOT NULL,
    FOREIGN KEY (bank, key) REFERENCES bank_entries ON DELETE CASCADE
);
CREATE INDEX media_points_entry ON media_points (bank, key);

-- Of an upload, as text that entries of banks hold, too.
ALTER TABLE media ADD COLUMN points text;
