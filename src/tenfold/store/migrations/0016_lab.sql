-- The policy lab: versions that people keep, one of them in force and one measured beside it.
ALTER TABLE policies
    -- files: read from files by a worker; the others were saved here.
    ADD COLUMN state       text        NOT NULL DEFAULT 'files'
        CHECK (state IN ('files', 'draft', 'shadow', 'live', 'retired', 'withdrawn')),
    ADD COLUMN saved_by    text        NOT NULL DEFAULT 'system',
    ADD COLUMN saved_at    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN reason      text        NOT NULL DEFAULT '',
    ADD COLUMN asked_by    text,          -- who wants it to go live, where a second person must agree
    ADD COLUMN asked_at    timestamptz,
    ADD COLUMN approved_by text,
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN live_at     timestamptz;   -- when it last went live
CREATE UNIQUE INDEX policies_in_force ON policies (state) WHERE state IN ('live', 'shadow');

-- What rules in shadow would have done: a row for each subject of each rule as it is defined.
CREATE TABLE shadow_hits (
    rule         text             NOT NULL,
    definition   text             NOT NULL,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    account      text COLLATE "C",
    policy       text             NOT NULL,
    ground       text             NOT NULL,
    severity     smallint         NOT NULL,
    parts        jsonb            NOT NULL,
    language     text,
    first_at     timestamptz      NOT NULL DEFAULT now(),
    last_at      timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (rule, definition, subject_kind, subject_id)
);
CREATE INDEX shadow_hits_at ON shadow_hits (rule, definition, first_at DESC);
CREATE INDEX shadow_hits_old ON shadow_hits (last_at);

-- Back-tests that people asked for at the console; a worker runs one after the other.
CREATE TABLE backtests (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    live      text        NOT NULL REFERENCES policies,
    draft     text        NOT NULL REFERENCES policies,
    asked_by  text        NOT NULL,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    since     timestamptz,
    state     text        NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'done', 'failed', 'stopped')),
    events    bigint      NOT NULL DEFAULT 0,
    total     bigint      NOT NULL DEFAULT 0,
    seen_at   timestamptz,  -- when its worker last said that it goes on
    ended_at  timestamptz,
    error     text        NOT NULL DEFAULT '',
    report    jsonb
);
CREATE INDEX backtests_open ON backtests (id) WHERE state IN ('waiting', 'running');
CREATE INDEX backtests_draft ON backtests (draft, id DESC);
