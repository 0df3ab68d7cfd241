-- Known pictures and files.

-- The hashes of entries of banks of media, one a row. Numbers rise in the order in which transactions commit,
-- so that a worker that has seen one has seen all below it.
CREATE TABLE media_hashes (
    number integer          GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank   text             NOT NULL,
    key    text COLLATE "C" NOT NULL,
    kind   text             NOT NULL CHECK (kind IN ('pdq', 'sha256', 'md5')),
    form   text             NOT NULL,  -- of a picture: '', 'mirrored', 'trimmed', 'trimmed/mirrored', ...
    hash   bytea            NOT NULL CHECK (length(hash) = CASE kind WHEN 'md5' THEN 16 ELSE 32 END),
    FOREIGN KEY (bank, key) REFERENCES bank_entries ON DELETE CASCADE
);
CREATE INDEX media_hashes_entry ON media_hashes (bank, key);
CREATE INDEX media_hashes_file ON media_hashes (hash) WHERE kind <> 'pdq';

-- The decision that an entry comes from; when that is reversed, the entry no longer matches.
ALTER TABLE bank_entries ADD COLUMN decision bigint REFERENCES decisions;

-- Of the picture without its border of one colour.
ALTER TABLE media ADD COLUMN pdq_trimmed text COLLATE "C";
