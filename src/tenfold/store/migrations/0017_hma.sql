-- Banks of media as programs see them that speak Hasher-Matcher-Actioner's API: a name in capitals, of how many
-- uploads a bank is asked at all, and a number for each entry with what was noted when it was added.
ALTER TABLE banks
    ADD COLUMN wire_name text UNIQUE,
    ADD COLUMN enabled_ratio double precision NOT NULL DEFAULT 1 CHECK (enabled_ratio BETWEEN 0 AND 1);
UPDATE banks SET wire_name = upper(replace(id, '-', '_')) WHERE kind = 'media';

CREATE TABLE media_contents (
    id             bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank           text             NOT NULL,
    key            text COLLATE "C" NOT NULL,
    note           text             NOT NULL DEFAULT '',
    metadata       jsonb,           -- {content_id, content_uri, json}, as the sender wrote it
    original_uri   text,            -- where the file was fetched from
    disabled_until timestamptz,     -- matches not before then; infinity: never again
    UNIQUE (bank, key),
    FOREIGN KEY (bank, key) REFERENCES bank_entries ON DELETE CASCADE
);
INSERT INTO media_contents (bank, key)
SELECT bank, key FROM bank_entries JOIN banks ON banks.id = bank AND kind = 'media' ORDER BY added_at, bank, key;

-- Entries of banks of media as detectors see them. `matches`: the bank is enabled, and the entry neither expired
-- nor was disabled or taken back with the decision that it comes from.
CREATE VIEW media_entries AS
SELECT bank, key, label, coalesce(bank_entries.confidence, banks.confidence)::float8 AS confidence,
    enabled_ratio AS ratio, wire_name, media_contents.id AS content,
    banks.enabled AND (expires_at IS NULL OR expires_at > now())
    AND (disabled_until IS NULL OR disabled_until <= now())
    AND NOT EXISTS (SELECT FROM decisions WHERE decisions.id = decision AND decisions.state = 'reversed')
        AS matches
FROM bank_entries JOIN banks ON banks.id = bank JOIN media_contents USING (bank, key);
