-- Who is watched over. `key` is the operator's own id, by which an import finds the row again.
CREATE TABLE protectees (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text        COLLATE "C" NOT NULL UNIQUE,
    kind       text        NOT NULL CHECK (kind IN ('person', 'team', 'office', 'place', 'event')),
    name       text        NOT NULL,
    names      text[]      NOT NULL DEFAULT '{}',  -- other names, in any script
    handles    text[]      NOT NULL DEFAULT '{}',  -- without @
    accounts   text[]      NOT NULL DEFAULT '{}',  -- the platform's ids
    domains    text[]      NOT NULL DEFAULT '{}',  -- of staff's e-mail addresses
    cities     text[]      NOT NULL DEFAULT '{}',  -- each in all its spellings
    member_of  bigint      REFERENCES protectees,
    contact    text        NOT NULL DEFAULT '',  -- how security reaches them
    note       text        NOT NULL DEFAULT '',
    starts_at  timestamptz,
    ends_at    timestamptz,
    active     boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_at < ends_at)
);
CREATE INDEX protectees_members ON protectees (member_of);

-- Street addresses as keyed hashes of their normal form; `number` tells the addresses of one protectee apart.
CREATE TABLE protectee_addresses (
    protectee bigint   NOT NULL REFERENCES protectees ON DELETE CASCADE,
    number    smallint NOT NULL,
    token     bytea    NOT NULL,
    PRIMARY KEY (protectee, number, token)
);

-- Another number after any change, for those who keep the list in memory. One row: writers take turns.
CREATE TABLE protectee_revision (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    revision bigint  NOT NULL
);
INSERT INTO protectee_revision (revision) VALUES (0);
