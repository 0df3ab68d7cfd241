-- The case that a person gets next and whose page their browser has already. It keeps nobody from opening the
-- case; only who asks for the next one is given another. `version` is how the case stood when it was read.
CREATE TABLE cases_ahead (
    actor   text        PRIMARY KEY,
    case_id bigint      NOT NULL REFERENCES cases,
    until   timestamptz NOT NULL,
    version timestamptz NOT NULL
);
CREATE INDEX cases_ahead_case ON cases_ahead (case_id);
