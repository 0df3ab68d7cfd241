-- Decisions that need two people: for which grounds, actions and queues. Takes effect at once.
CREATE TABLE second_rules (
    kind     text        NOT NULL CHECK (kind IN ('ground', 'action', 'queue')),
    value    text        NOT NULL,
    added_by text        NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, value)
);

ALTER TABLE cases DROP CONSTRAINT cases_state_check;
ALTER TABLE cases ADD CONSTRAINT cases_state_check
    CHECK (state IN ('open', 'claimed', 'escalated', 'awaiting', 'decided'));
CREATE INDEX cases_awaiting ON cases (severity DESC, due_at, id) WHERE state = 'awaiting';

-- What one person proposed and a second one has still to look at. `verdicts` is what would be decided.
CREATE TABLE proposed_decisions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_ids    bigint[]    NOT NULL CHECK (cardinality(case_ids) > 0),
    verdicts    jsonb       NOT NULL,
    as_one      boolean     NOT NULL,
    needs       text[]      NOT NULL,  -- what asked for it: ground:TVEC2, action:close_account, queue:lead
    author      text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    state       text        NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'confirmed', 'sent_back', 'taken_over', 'withdrawn')),
    second      text,
    ended_at    timestamptz,
    words       text        NOT NULL DEFAULT '',
    decision_id bigint      REFERENCES decisions,
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((state IN ('confirmed', 'sent_back', 'taken_over')) = (second IS NOT NULL)),
    CHECK (second LIKE 'user:%' AND second <> author),
    CHECK ((state = 'confirmed') = (decision_id IS NOT NULL)),
    CHECK (state <> 'sent_back' OR words <> '')
);
CREATE INDEX proposed_decisions_cases ON proposed_decisions USING gin (case_ids) WHERE state = 'waiting';

-- Who proposed a decision is told when it comes back.
ALTER TABLE inbox DROP CONSTRAINT inbox_kind_check;
ALTER TABLE inbox ADD CONSTRAINT inbox_kind_check CHECK (kind IN ('mention', 'hand_over', 'language', 'sent_back'));

-- The platform's own id makes sending an appeal twice harmless.
CREATE TABLE appeals (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_id  text COLLATE "C" NOT NULL UNIQUE,
    decision_id  bigint           REFERENCES decisions,  -- the one on the case itself, not the one that leads it
    action_id    bigint           REFERENCES actions,    -- what a rule did without a decision
    case_id      bigint           REFERENCES cases,
    subject_kind text             NOT NULL,
    subject_id   text COLLATE "C" NOT NULL,
    account      text COLLATE "C",
    ground       text             NOT NULL,
    language     text,
    words        text             NOT NULL,
    contact      text,  -- a keyed hash
    filed_at     timestamptz      NOT NULL,
    received_at  timestamptz      NOT NULL,
    due_at       timestamptz      NOT NULL,
    claimed_by   text,
    lease_until  timestamptz,
    outcome      text             CHECK (outcome IN ('upheld', 'overturned', 'partly')),
    decided_by   text             CHECK (decided_by LIKE 'user:%'),
    decided_at   timestamptz,
    reason       text,
    new_decision bigint           REFERENCES decisions,
    CHECK ((decision_id IS NULL) <> (action_id IS NULL)),
    CHECK ((outcome IS NULL) = (decided_by IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((outcome IS NULL) = (reason IS NULL)),
    CHECK ((outcome = 'partly') <= (new_decision IS NOT NULL))
);
-- A decision is appealed once.
CREATE UNIQUE INDEX appeals_decision ON appeals (decision_id) WHERE decision_id IS NOT NULL;
CREATE UNIQUE INDEX appeals_action ON appeals (action_id) WHERE action_id IS NOT NULL;
CREATE INDEX appeals_waiting ON appeals (due_at, id) WHERE outcome IS NULL;
CREATE INDEX appeals_decided ON appeals (decided_at DESC, id DESC) WHERE outcome IS NOT NULL;
CREATE INDEX appeals_received ON appeals (received_at);
CREATE INDEX appeals_case ON appeals (case_id) WHERE case_id IS NOT NULL;

ALTER TABLE decisions
    ADD COLUMN confirmed_by text CHECK (confirmed_by LIKE 'user:%' AND confirmed_by <> author),
    ADD COLUMN appeal_id bigint REFERENCES appeals;  -- a second person made it, on an appeal of another's

-- Who made the decision that an appeal is about, alone or with others, does not decide the appeal; and what was
-- decided stays.
CREATE FUNCTION appeal_is_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'appeals are kept';
    END IF;
    IF OLD.outcome IS NOT NULL AND (to_jsonb(NEW) - 'words' - 'contact') <> (to_jsonb(OLD) - 'words' - 'contact') THEN
        RAISE EXCEPTION 'appeal % was decided and does not change any more', OLD.id;
    END IF;
    IF (NEW.decision_id, NEW.action_id, NEW.external_id) IS DISTINCT FROM (OLD.decision_id, OLD.action_id, OLD.external_id) THEN
        RAISE EXCEPTION 'an appeal stays about what it was filed against';
    END IF;
    IF NEW.decided_by IS NOT NULL AND EXISTS (
        SELECT FROM decisions AS own JOIN decisions AS lead ON lead.id IN (own.id, own.part_of)
        WHERE own.id = NEW.decision_id AND NEW.decided_by IN (lead.author, lead.confirmed_by)) THEN
        RAISE EXCEPTION 'another person than who made the decision decides the appeal';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appeals_guarded BEFORE UPDATE OR DELETE ON appeals
    FOR EACH ROW EXECUTE FUNCTION appeal_is_guarded();

-- Nothing that needs two people is decided or ordered by one.
CREATE FUNCTION decision_has_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.confirmed_by IS NULL AND NEW.appeal_id IS NULL AND EXISTS (
        SELECT FROM second_rules WHERE (kind = 'ground' AND value = NEW.ground)
            OR (kind = 'queue' AND value = (SELECT queue FROM cases WHERE id = NEW.case_id))) THEN
        RAISE EXCEPTION 'a decision for % on case % needs a second person', NEW.ground, NEW.case_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_have_second BEFORE INSERT ON decisions
    FOR EACH ROW EXECUTE FUNCTION decision_has_second();

CREATE FUNCTION action_has_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM second_rules WHERE kind = 'action' AND value = NEW.kind)
       AND EXISTS (SELECT FROM decisions WHERE id = NEW.decision_id AND confirmed_by IS NULL AND appeal_id IS NULL) THEN
        RAISE EXCEPTION 'ordering % needs a second person', NEW.kind;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER actions_have_second_new BEFORE INSERT ON actions FOR EACH ROW
    WHEN (NEW.state = 'ordered' AND NEW.reverses IS NULL AND NEW.decision_id IS NOT NULL)
    EXECUTE FUNCTION action_has_second();
CREATE TRIGGER actions_have_second BEFORE UPDATE ON actions FOR EACH ROW
    WHEN (NEW.state = 'ordered' AND OLD.state = 'proposed' AND NEW.decision_id IS NOT NULL)
    EXECUTE FUNCTION action_has_second();

-- A person's own keys: by the key that a command has for everybody, the key that it has for them.
ALTER TABLE users ADD COLUMN keys jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(keys) = 'object');
