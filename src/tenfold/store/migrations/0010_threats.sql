-- Levels by urgency, the most urgent first.
CREATE FUNCTION threat_rank(level text) RETURNS smallint IMMUTABLE PARALLEL SAFE RETURN
    CASE level WHEN 'T0' THEN 0 WHEN 'T1' THEN 1 WHEN 'T2' THEN 2 WHEN 'T3' THEN 3 ELSE 4 END;

-- A threat: one message or one actor's messages against one target, whoever repeats it. What is read of it is
-- that of its gravest source; what people concluded stands beside it and is in force.
CREATE TABLE threats (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    information    boolean     NOT NULL DEFAULT false,  -- somebody else's words: news, reports, quotations
    level          text        NOT NULL CHECK (level IN ('T0', 'T1', 'T2', 'T3', 'N')),  -- in force
    read_level     text        NOT NULL CHECK (read_level IN ('T0', 'T1', 'T2', 'T3', 'N')),  -- the machine's
    assessed_level text        CHECK (assessed_level IN ('T0', 'T1', 'T2', 'T3', 'N')),  -- a person's
    assessed_read  text,  -- what the machine read when the person assessed it
    status         text        NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'assessing', 'escalated', 'referred', 'monitored', 'closed')),
    outcome        text        CHECK (outcome IN ('credible', 'not_credible', 'not_a_threat', 'news', 'duplicate',
                                                  'other')),
    owner          text,  -- user:3, key:1
    asks           text[]      NOT NULL DEFAULT '{}',  -- why it asks a person again: higher, again
    language       text,
    speech_act     text        NOT NULL,
    act            text        NOT NULL DEFAULT '',
    target_kind    text        NOT NULL,
    target         text        NOT NULL DEFAULT '',  -- as it is written
    targets        text[]      NOT NULL DEFAULT '{}',  -- names for whom it is against; shown to nobody
    protected      boolean     NOT NULL DEFAULT false,  -- names who is watched over
    review         boolean     NOT NULL DEFAULT false,  -- play or a question, yet imminent
    reasons        text[]      NOT NULL DEFAULT '{}',  -- rows of the table of levels that hold, then `raised`
    raised         text[]      NOT NULL DEFAULT '{}',  -- of protectee, cadence, fixation, return
    findings       jsonb       NOT NULL DEFAULT '{}',  -- the numbers behind `raised`, by its words
    corrected      jsonb       NOT NULL DEFAULT '{}',  -- factors as people corrected them, by name
    first_at       timestamptz NOT NULL,  -- of its sources
    last_at        timestamptz NOT NULL,
    sources        integer     NOT NULL DEFAULT 0,
    accounts       integer     NOT NULL DEFAULT 0,
    opened_at      timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    due_at         timestamptz,  -- by when a person shall have looked; NULL when nobody need
    seen_at        timestamptz,  -- the first look of a person
    in_time        boolean,      -- whether that look came by `due_at`
    assessed_at    timestamptz,
    assessed_by    text,
    closed_at      timestamptz,
    matched_revision bigint    NOT NULL DEFAULT -1,  -- of protectees, that its sources were searched for
    looked_again_at timestamptz NOT NULL,  -- when links and posts of its accounts were looked at last
    merged_into    bigint      REFERENCES threats,  -- the record that it turned out to be part of
    forgotten_at   timestamptz,  -- its sources went by retention
    urgency        smallint    GENERATED ALWAYS AS (
        CASE WHEN 'higher' = ANY (asks) THEN least(threat_rank(level), threat_rank(read_level))
             ELSE threat_rank(level) END) STORED,
    CHECK (level = COALESCE(assessed_level, read_level)),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (merged_into IS NULL OR status = 'closed')
) WITH (fillfactor = 70);
CREATE INDEX threats_list ON threats (urgency, COALESCE(due_at, 'infinity'), id) WHERE status <> 'closed';
CREATE INDEX threats_closed ON threats (closed_at DESC, id DESC) WHERE status = 'closed';
CREATE INDEX threats_first ON threats (first_at);
CREATE INDEX threats_again ON threats (looked_again_at) WHERE status <> 'closed';
CREATE INDEX threats_unmatched ON threats (matched_revision) WHERE status <> 'closed';
CREATE INDEX threats_old ON threats (last_at) WHERE forgotten_at IS NULL AND merged_into IS NULL;
CREATE INDEX threats_merged ON threats (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX threats_like ON threats (target_kind, act, closed_at DESC) WHERE status = 'closed';

-- Every text that carried it, as it was. An edited or deleted one is gone from the platform and stays here.
CREATE TABLE threat_sources (
    threat_id    bigint           NOT NULL REFERENCES threats,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    field        text             NOT NULL,
    text_sha256  bytea            NOT NULL,
    account      text COLLATE "C",
    at           timestamptz      NOT NULL,  -- when it was said
    seen_at      timestamptz      NOT NULL,  -- when it was read
    level        text             NOT NULL,
    language     text,
    text         text             NOT NULL,
    details      jsonb            NOT NULL,  -- of the signal
    gone_at      timestamptz,
    PRIMARY KEY (subject_kind, subject_id, field, text_sha256)
);
CREATE INDEX threat_sources_threat ON threat_sources (threat_id, at);
CREATE INDEX threat_sources_account ON threat_sources (account, at) WHERE account IS NOT NULL;

-- What sources of one threat have in common: keyed digests of texts near to each other, and of an account with
-- its target. A key is of one threat alone; its row is the lock of whoever makes or joins records.
CREATE TABLE threat_keys (
    key       bigint PRIMARY KEY,
    threat_id bigint REFERENCES threats
);
CREATE INDEX threat_keys_threat ON threat_keys (threat_id);

-- Whom of those who are watched over it names. Only the role security sees who they are.
CREATE TABLE threat_protectees (
    threat_id    bigint NOT NULL REFERENCES threats,
    protectee_id bigint NOT NULL REFERENCES protectees ON DELETE CASCADE,
    how          text   NOT NULL,
    strength     real   NOT NULL,
    spans        jsonb  NOT NULL DEFAULT '[]',  -- [{subject_kind, subject_id, field, start, end}], a few
    PRIMARY KEY (threat_id, protectee_id)
);
CREATE INDEX threat_protectees_protectee ON threat_protectees (protectee_id, threat_id);

CREATE TABLE threat_log (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    threat_id bigint      NOT NULL REFERENCES threats,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    act       text        NOT NULL,
    details   jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX threat_log_threat ON threat_log (threat_id, id);

-- Factors as people corrected them, with the text that was read: what the detector can learn from.
CREATE TABLE threat_corrections (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    threat_id bigint      NOT NULL REFERENCES threats,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    factor    text        NOT NULL,
    before    jsonb,
    after     jsonb,
    reason    text        NOT NULL,
    language  text,
    text      text        NOT NULL,  -- empty once retention took the sources
    details   jsonb       NOT NULL   -- what the detector had said of it
);
CREATE INDEX threat_corrections_threat ON threat_corrections (threat_id);

-- How many posts were read, by the day on which they were written: the denominator of every figure. Workers
-- count in rows of their own.
CREATE TABLE threat_read (
    day   date     NOT NULL,
    shard smallint NOT NULL,
    posts bigint   NOT NULL,
    PRIMARY KEY (day, shard)
);
