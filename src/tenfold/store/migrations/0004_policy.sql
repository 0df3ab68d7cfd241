-- The text of every policy that ever judged anything, by the digest that firings name.
CREATE TABLE policies (
    version   text PRIMARY KEY,
    files     jsonb       NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

-- One row per firing of a rule on a subject, replaced when the same rule fires on it again.
CREATE TABLE firings (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    rule         text             NOT NULL,
    titles       jsonb            NOT NULL DEFAULT '{}',  -- what the rule says of the subject, by language
    policy       text             NOT NULL,
    ground       text             NOT NULL,
    severity     smallint         NOT NULL,
    parts        jsonb            NOT NULL,
    fired_at     timestamptz      NOT NULL DEFAULT now(),
    case_id      bigint,
    -- Closed accounts of which the rule holds the subject to be a return: another one makes it fire anew.
    closed       text[]           NOT NULL DEFAULT '{}',
    UNIQUE (subject_kind, subject_id, rule)
);
CREATE INDEX firings_case ON firings (case_id);
CREATE INDEX firings_rule ON firings (rule, fired_at DESC);

-- Counters: exact sliding windows. A hit a counted event, and one row a key to lock.
CREATE TABLE counter_keys (
    counter text             NOT NULL,
    key     text COLLATE "C" NOT NULL,
    last_at timestamptz      NOT NULL,
    PRIMARY KEY (counter, key)
) WITH (fillfactor = 80);

CREATE TABLE counter_hits (
    counter text             NOT NULL,
    key     text COLLATE "C" NOT NULL,
    at      timestamptz      NOT NULL,
    seq     bigint           NOT NULL,
    PRIMARY KEY (counter, key, at, seq)
);

-- Named sets of values that rules can ask about, edited by policy people.
CREATE TABLE sets (
    name     text             NOT NULL,
    value    text COLLATE "C" NOT NULL,
    added_by text             NOT NULL,
    added_at timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (name, value)
);
