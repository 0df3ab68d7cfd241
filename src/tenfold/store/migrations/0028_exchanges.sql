-- Lists of hashes that came from exchanges. A bank holds the list of one exchange at most; its entries are made from
-- the records that stand, and made anew where these change.
CREATE TABLE exchanges (
    bank        text PRIMARY KEY REFERENCES banks ON DELETE CASCADE,
    api         text        NOT NULL,  -- the name of the exchange's format
    imported_at timestamptz NOT NULL DEFAULT now(),
    newest_at   timestamptz            -- when the record that changed last did, as the exchange says
);

-- A record by the exchange's own id, withdrawn ones too, so that an older list does not bring them back.
CREATE TABLE exchange_records (
    bank       text             NOT NULL REFERENCES exchanges ON DELETE CASCADE,
    id         text COLLATE "C" NOT NULL,
    state      text             NOT NULL CHECK (state IN ('stands', 'disputed', 'withdrawn')),
    label      text             NOT NULL,
    provenance text             NOT NULL,
    confidence real             CHECK (confidence BETWEEN 0 AND 1),
    marking    text,
    expires_at timestamptz,
    updated_at timestamptz,
    opinions   jsonb            NOT NULL DEFAULT '[]',  -- [{source, verdict, tags}]
    hashes     text[]           NOT NULL,               -- keys of entries, in order
    PRIMARY KEY (bank, id)
);

-- Which records speak of a hash: it is an entry while one of them stands.
CREATE TABLE exchange_hashes (
    bank text             NOT NULL,
    key  text COLLATE "C" NOT NULL,
    id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (bank, key, id),
    FOREIGN KEY (bank, id) REFERENCES exchange_records ON DELETE CASCADE
);
CREATE INDEX exchange_hashes_of ON exchange_hashes (bank, id);
