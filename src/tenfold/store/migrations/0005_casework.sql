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
    claimed_by   text,         -- user:3, key:1; holds while lease_until is to come
    lease_until  timestamptz,
    decided_at   timestamptz
) WITH (fillfactor = 70);
-- One open case per subject: what is found later joins it.
CREATE UNIQUE INDEX cases_open_subject ON cases (subject_kind, subject_id) WHERE state <> 'decided';
CREATE INDEX cases_subject ON cases (subject_kind, subject_id);
CREATE INDEX cases_subject_id ON cases (subject_id);
CREATE INDEX cases_account ON cases (account, opened_at DESC) WHERE account IS NOT NULL;
CREATE INDEX cases_queue ON cases (queue, severity DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_all ON cases (severity DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_decided ON cases (decided_at DESC, id DESC) WHERE state = 'decided';

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
    part_of     bigint      REFERENCES decisions,  -- decided along with another case of the account
    reversed_at timestamptz,
    reversed_by text,
    reversal_reason text
);
CREATE INDEX decisions_case ON decisions (case_id);
CREATE INDEX decisions_part_of ON decisions (part_of) WHERE part_of IS NOT NULL;

-- The state that a subject has now; NULL where none of its kind is known.
CREATE FUNCTION subject_state(kind text, id text) RETURNS text STABLE RETURN
    CASE kind
        WHEN 'post'    THEN (SELECT p.state FROM posts p WHERE p.id = subject_state.id)
        WHEN 'account' THEN (SELECT a.state FROM accounts a WHERE a.id = subject_state.id)
        WHEN 'media'   THEN (SELECT m.state FROM media m WHERE m.id = subject_state.id)
        WHEN 'group'   THEN (SELECT g.state FROM groups g WHERE g.id = subject_state.id)
    END;

CREATE TABLE actions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text             NOT NULL,
    label        text             NOT NULL DEFAULT '',  -- which label, for kind label
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    account      text COLLATE "C",  -- whose subject it is
    state        text             NOT NULL
        CHECK (state IN ('proposed', 'ordered', 'delivered', 'confirmed', 'failed', 'withdrawn', 'reversed')),
    ground       text             NOT NULL,
    origin       text             NOT NULL,  -- rule:NAME@VERSION or decision:ID
    case_id      bigint           REFERENCES cases,
    decision_id  bigint           REFERENCES decisions,
    reverses     bigint           REFERENCES actions,
    effect       text,  -- the state that it asks of the subject; NULL where it asks none
    before       text,  -- the subject's state before any action that stands; for reversal
    details      jsonb            NOT NULL DEFAULT '{}',
    created_at   timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX actions_subject ON actions (subject_kind, subject_id);
CREATE INDEX actions_case ON actions (case_id);
CREATE INDEX actions_decision ON actions (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX actions_reverses ON actions (reverses) WHERE reverses IS NOT NULL;
-- What a platform that polls has still to do.
CREATE INDEX actions_waiting ON actions (state, id) WHERE state IN ('ordered', 'failed');
-- What a person took back from a rule: it is not ordered again on the same case.
CREATE INDEX actions_taken_back ON actions (subject_kind, subject_id)
    WHERE state = 'reversed' AND origin LIKE 'rule:%';
-- The same rule, in whatever version, does not order the same thing twice while it stands.
CREATE UNIQUE INDEX actions_standing_rule
    ON actions (subject_kind, subject_id, kind, label, split_part(origin, '@', 1))
    WHERE origin LIKE 'rule:%' AND state IN ('ordered', 'delivered', 'confirmed');
-- Two rules that propose the same thing on one case make one proposal.
CREATE UNIQUE INDEX actions_proposed ON actions (case_id, subject_kind, subject_id, kind, label)
    WHERE state = 'proposed';
