-- Bytes of media: uploads that wait to be examined, what is stored, and what films and sounds are known by.

-- An event whose file has still to be looked at: it goes on to the queue with the hashes that were made.
CREATE TABLE uploads (
    number      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text        NOT NULL,
    id          text        NOT NULL,
    event       jsonb       NOT NULL,
    sha256      text COLLATE "C",      -- of bytes that are stored already
    file        text,                  -- or where they are in the directory of uploads
    received_at timestamptz NOT NULL DEFAULT now(),
    tries       smallint    NOT NULL DEFAULT 0,
    UNIQUE (source, id),
    CHECK ((sha256 IS NULL) <> (file IS NULL))
);

-- What lies in the object store. `seen`: what was found in it, so that the same bytes are decoded once.
CREATE TABLE media_objects (
    sha256    text COLLATE "C" PRIMARY KEY,
    bytes     bigint           NOT NULL,
    stored_at timestamptz      NOT NULL DEFAULT now(),
    seen      jsonb
);
CREATE INDEX media_objects_age ON media_objects (stored_at);

-- Frames and sound of a film as the text that entries of banks hold, too.
ALTER TABLE media ADD COLUMN film text, ADD COLUMN sound text;

-- Frames of films stand among the hashes of pictures, with their time.
ALTER TABLE media_hashes
    ADD COLUMN at_ms integer,
    DROP CONSTRAINT media_hashes_kind_check,
    ADD CONSTRAINT media_hashes_kind_check CHECK (kind IN ('pdq', 'sha256', 'md5', 'frame')),
    ADD CONSTRAINT media_hashes_time_check CHECK ((kind = 'frame') = (at_ms IS NOT NULL));
DROP INDEX media_hashes_file;
CREATE INDEX media_hashes_file ON media_hashes (hash) WHERE kind IN ('sha256', 'md5');

-- Numbers that stand for nothing any more, so that workers let go of their hashes.
CREATE TABLE media_hashes_gone (
    seq     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number  integer     NOT NULL,
    gone_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION media_hash_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO media_hashes_gone (number) SELECT number FROM gone WHERE kind IN ('pdq', 'frame');
    RETURN NULL;
END
$$;
CREATE TRIGGER media_hashes_go AFTER DELETE ON media_hashes REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION media_hash_gone();

-- What sounds of entries are known by: see detectors/media/sounds.py.
CREATE TABLE media_sounds (
    number integer          GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank   text             NOT NULL,
    key    text COLLATE "C" NOT NULL,
    peaks  bytea            NOT NULL,
    FOREIGN KEY (bank, key) REFERENCES bank_entries ON DELETE CASCADE
);
CREATE INDEX media_sounds_entry ON media_sounds (bank, key);
