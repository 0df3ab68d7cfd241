CREATE TABLE signals (
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    name         text             NOT NULL,
    key          text             NOT NULL DEFAULT '',
    score        real             NOT NULL,
    detector     text             NOT NULL,
    version      text             NOT NULL,
    spans        jsonb            NOT NULL DEFAULT '[]',
    details      jsonb            NOT NULL DEFAULT '{}',
    found_at     timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (subject_kind, subject_id, name, key)
);
CREATE INDEX signals_name ON signals (name, found_at DESC);

CREATE SEQUENCE bank_revision;

-- A bank is a curated list of known material. `kind`: terms, urls, domains, texts, meanings, media.
CREATE TABLE banks (
    id         text PRIMARY KEY,
    kind       text             NOT NULL CHECK (kind IN ('terms', 'urls', 'domains', 'texts', 'meanings', 'media')),
    title      text             NOT NULL,
    purpose    text             NOT NULL DEFAULT '',
    provenance text             NOT NULL DEFAULT '',
    marking    text             NOT NULL DEFAULT 'TLP:AMBER',
    confidence real             NOT NULL DEFAULT 1 CHECK (confidence BETWEEN 0 AND 1),
    enabled    boolean          NOT NULL DEFAULT true,
    created_at timestamptz      NOT NULL DEFAULT now(),
    -- Grows with every change to the bank or its entries: workers reload what is newer.
    revision   bigint           NOT NULL DEFAULT nextval('bank_revision')
);

CREATE TABLE bank_entries (
    bank       text             NOT NULL REFERENCES banks ON DELETE CASCADE,
    key        text COLLATE "C" NOT NULL,
    value      text             NOT NULL,
    label      text             NOT NULL DEFAULT '',
    confidence real             CHECK (confidence BETWEEN 0 AND 1),
    provenance text             NOT NULL DEFAULT '',
    marking    text,
    added_by   text             NOT NULL,
    added_at   timestamptz      NOT NULL DEFAULT now(),
    expires_at timestamptz,
    PRIMARY KEY (bank, key)
);
CREATE INDEX bank_entries_expiry ON bank_entries (expires_at) WHERE expires_at IS NOT NULL;

-- Evidence that two accounts are run by the same people; account_a < account_b.
CREATE TABLE links (
    account_a   text COLLATE "C" NOT NULL,
    account_b   text COLLATE "C" NOT NULL,
    bits        real             NOT NULL,
    probability real             NOT NULL CHECK (probability BETWEEN 0 AND 1),
    level       text             NOT NULL CHECK (level IN ('possible', 'likely')),
    evidence    jsonb            NOT NULL DEFAULT '[]',
    origin      text             NOT NULL,
    found_at    timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (account_a, account_b),
    CHECK (account_a < account_b)
);
CREATE INDEX links_b ON links (account_b);
