CREATE TABLE cases (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    account      text COLLATE "C",  -- whose case this is, for the account's history
    queue        text             NOT NULL,
    severity     smallint         NOT NULL CHECK (severity BETWEEN 1 AND 4),
    ground       text             NOT NULL,
    language     text,
    state        text             NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'claimed', 'escalated', 'decided')),
    opened_at    timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now(),
    due_at       timestamptz      NOT NULL,
    claimed_by   bigint,
    lease_until  timestamptz,
    decided_at   timestamptz
) WITH (fillfactor = 70);
-- One open case per subject: what is found later joins it.
CREATE UNIQUE INDEX cases_open_subject ON cases (subject_kind, subject_id) WHERE state <> 'decided';
CREATE INDEX cases_subject ON cases (subject_kind, subject_id);
CREATE INDEX cases_account ON cases (account, opened_at DESC) WHERE account IS NOT NULL;
CREATE INDEX cases_queue ON cases (queue, severity DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_all ON cases (severity DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_lease ON cases (lease_until) WHERE state = 'claimed';

CREATE TABLE case_notes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint      NOT NULL REFERENCES cases,
    author  text        NOT NULL,
    text    text        NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX case_notes_case ON case_notes (case_id, at);

CREATE TABLE decisions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint      NOT NULL REFERENCES cases,
    ground      text        NOT NULL,
    scope       text        NOT NULL CHECK (scope IN ('subject', 'account')),
    state       text        NOT NULL DEFAULT 'in_force' CHECK (state IN ('in_force', 'reversed')),
    author      text        NOT NULL,
    reason      text        NOT NULL DEFAULT '',
    decided_at  timestamptz NOT NULL DEFAULT now(),
    reversed_at timestamptz,
    reversed_by text,
    reversal_reason text
);
CREATE INDEX decisions_case ON decisions (case_id);
CREATE INDEX decisions_at ON decisions (decided_at DESC);

CREATE TABLE actions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text             NOT NULL,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    state        text             NOT NULL
        CHECK (state IN ('proposed', 'ordered', 'delivered', 'confirmed', 'failed', 'withdrawn', 'reversed')),
    ground       text             NOT NULL,
    origin       text             NOT NULL,  -- rule:NAME@VERSION or decision:ID
    case_id      bigint           REFERENCES cases,
    decision_id  bigint           REFERENCES decisions,
    reverses     bigint           REFERENCES actions,
    details      jsonb            NOT NULL DEFAULT '{}',
    created_at   timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX actions_subject ON actions (subject_kind, subject_id);
CREATE INDEX actions_case ON actions (case_id);
CREATE INDEX actions_decision ON actions (decision_id);
CREATE INDEX actions_reverses ON actions (reverses) WHERE reverses IS NOT NULL;
-- The same rule does not order the same thing twice while it stands.
CREATE UNIQUE INDEX actions_standing_rule ON actions (subject_kind, subject_id, kind, origin)
    WHERE origin LIKE 'rule:%' AND state IN ('proposed', 'ordered', 'delivered', 'confirmed');
