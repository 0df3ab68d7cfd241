-- What was counted on each day (UTC) that is over: [{queue, language, counts}]. Made from the tables it counts, so
-- it can be made again at any time; `json`, because it is only ever read whole.
CREATE TABLE figures_days (
    day     date PRIMARY KEY,
    tallies json NOT NULL
);
-- Days of which something has changed since; appended by triggers, taken by workers. What happens today needs no
-- note: a day is counted an hour after its end at the earliest.
CREATE TABLE figures_due (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL
);
CREATE INDEX cases_opened ON cases (opened_at);
CREATE INDEX decisions_decided ON decisions (decided_at);
CREATE INDEX actions_by_rules ON actions (created_at) WHERE origin LIKE 'rule:%' AND reverses IS NULL;
CREATE INDEX appeals_decided_at ON appeals (decided_at) WHERE outcome IS NOT NULL;

CREATE FUNCTION figures_note(VARIADIC times timestamptz[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO figures_due (day)
    SELECT DISTINCT (at AT TIME ZONE 'UTC')::date FROM unnest(times) AS at
    WHERE at < date_trunc('day', now(), 'UTC')
$$;

CREATE FUNCTION figures_note_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM figures_note(VARIADIC ARRAY[NEW.opened_at]
        || ARRAY(SELECT decided_at FROM decisions WHERE case_id = NEW.id)
        || ARRAY(SELECT created_at FROM actions WHERE case_id = NEW.id AND origin LIKE 'rule:%')
        || ARRAY(SELECT unnest(ARRAY[received_at, decided_at]) FROM appeals WHERE case_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER figures_old AFTER INSERT ON cases FOR EACH ROW
    WHEN (NEW.opened_at < date_trunc('day', now(), 'UTC')) EXECUTE FUNCTION figures_note_case();
CREATE TRIGGER figures_changed AFTER UPDATE OF queue, severity, language ON cases FOR EACH ROW
    WHEN ((OLD.queue, OLD.severity, OLD.language) IS DISTINCT FROM (NEW.queue, NEW.severity, NEW.language))
    EXECUTE FUNCTION figures_note_case();

CREATE FUNCTION figures_note_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM figures_note(NEW.decided_at);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_changed AFTER INSERT OR UPDATE OF state ON decisions FOR EACH ROW
    WHEN (NEW.decided_at < date_trunc('day', now(), 'UTC')) EXECUTE FUNCTION figures_note_decision();

CREATE FUNCTION figures_note_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM figures_note(NEW.created_at, (SELECT decided_at FROM decisions WHERE id = NEW.decision_id));
    RETURN NULL;
END $$;
CREATE TRIGGER figures_old AFTER INSERT ON actions FOR EACH ROW
    WHEN (NEW.created_at < date_trunc('day', now(), 'UTC')) EXECUTE FUNCTION figures_note_action();
CREATE TRIGGER figures_changed AFTER UPDATE OF state ON actions FOR EACH ROW
    WHEN ((OLD.state IN ('proposed', 'withdrawn'), OLD.state = 'reversed')
        IS DISTINCT FROM (NEW.state IN ('proposed', 'withdrawn'), NEW.state = 'reversed'))
    EXECUTE FUNCTION figures_note_action();

CREATE FUNCTION figures_note_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM figures_note(NEW.received_at, NEW.decided_at);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_changed AFTER INSERT OR UPDATE OF outcome ON appeals FOR EACH ROW
    EXECUTE FUNCTION figures_note_appeal();

-- Which share of decisions a second person looks at. NULL: any. What is drawn follows from the seed and the
-- decision's number (casework/quality_sampling.py), so whoever knows the seed can draw again.
CREATE TABLE review_samples (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue    text,
    ground   text,
    language text,
    share    double precision NOT NULL CHECK (share > 0 AND share <= 1),
    seed     text             NOT NULL CHECK (seed <> ''),
    set_by   text             NOT NULL,
    set_at   timestamptz      NOT NULL,
    ended_by text,
    ended_at timestamptz,
    CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);

-- How often somebody who takes the next case is given a check instead, and until when decisions were drawn.
CREATE TABLE quality_settings (
    one         boolean          PRIMARY KEY DEFAULT true CHECK (one),
    review_rate double precision NOT NULL DEFAULT 0.1 CHECK (review_rate BETWEEN 0 AND 1),
    golden_rate double precision NOT NULL DEFAULT 0.02 CHECK (golden_rate BETWEEN 0 AND 1),
    drawn_until timestamptz      NOT NULL DEFAULT now()
);
INSERT INTO quality_settings DEFAULT VALUES;

-- Decided cases whose right answer was agreed on.
CREATE TABLE golden_cases (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint      NOT NULL UNIQUE REFERENCES cases,
    ground      text        NOT NULL,
    explanation text        NOT NULL CHECK (explanation <> ''),
    marked_by   text        NOT NULL,
    marked_at   timestamptz NOT NULL,
    ended_at    timestamptz
);

-- Decisions that were drawn for a second look. Queue and language are those of the case when it was drawn.
CREATE TABLE reviews (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decision_id  bigint      NOT NULL UNIQUE REFERENCES decisions,
    case_id      bigint      NOT NULL REFERENCES cases,
    sample_id    bigint      NOT NULL REFERENCES review_samples,
    drawn_at     timestamptz NOT NULL,
    first_author text        NOT NULL,
    first_ground text        NOT NULL,
    queue        text        NOT NULL,
    language     text,
    answered_by  bigint      UNIQUE,  -- the check by which a second person answered
    answered_at  timestamptz,
    outcome      text        CHECK (outcome IN ('first', 'second', 'unclear')),
    resolved_by  text,
    resolved_at  timestamptz,
    words        text        NOT NULL DEFAULT '',
    CHECK ((answered_by IS NULL) = (answered_at IS NULL)),
    CHECK ((outcome IS NULL) = (resolved_by IS NULL)),
    CHECK ((outcome IS NULL) = (resolved_at IS NULL)),
    CHECK (outcome IS NULL OR answered_by IS NOT NULL),
    CHECK (resolved_by <> first_author)
);
CREATE INDEX reviews_waiting ON reviews (drawn_at, id) WHERE answered_by IS NULL;
CREATE INDEX reviews_answered ON reviews (answered_at) WHERE answered_by IS NOT NULL;

-- A case shown to somebody as if it were new, to learn how they would decide. Its number is drawn from that of cases,
-- so that it looks like one; what is answered orders nothing.
CREATE TABLE checks (
    number      bigint      PRIMARY KEY,
    actor       text        NOT NULL CHECK (actor LIKE 'user:%'),
    case_id     bigint      NOT NULL REFERENCES cases,
    review_id   bigint      REFERENCES reviews,
    golden_id   bigint      REFERENCES golden_cases,
    practice    boolean     NOT NULL DEFAULT false,
    given_at    timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    ground      text,
    reason      text,
    blind       boolean,  -- whether the actor had not seen the case itself
    answered_at timestamptz,
    CHECK ((review_id IS NULL) <> (golden_id IS NULL)),
    CHECK (NOT practice OR golden_id IS NOT NULL),
    CHECK ((ground IS NULL) = (answered_at IS NULL)),
    CHECK ((ground IS NULL) = (reason IS NULL)),
    CHECK ((ground IS NULL) = (blind IS NULL))
);
ALTER TABLE reviews ADD FOREIGN KEY (answered_by) REFERENCES checks;
CREATE INDEX checks_actor ON checks (actor, number DESC);
-- A golden case says something about a person once.
CREATE UNIQUE INDEX checks_golden ON checks (golden_id, actor) WHERE golden_id IS NOT NULL AND NOT practice;
CREATE UNIQUE INDEX checks_review ON checks (review_id, actor) WHERE review_id IS NOT NULL;
