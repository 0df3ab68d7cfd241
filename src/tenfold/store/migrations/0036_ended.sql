-- A case about an account that is closed or deleted already has nothing left to stop: it waits behind all others.
ALTER TABLE cases ADD COLUMN ended boolean NOT NULL DEFAULT false;
ALTER TABLE cases ADD COLUMN rank smallint NOT NULL
    GENERATED ALWAYS AS (CASE WHEN ended THEN 0 ELSE severity END) STORED;

CREATE FUNCTION case_ended(kind text, id text) RETURNS boolean STABLE RETURN
    kind = 'account' AND EXISTS (
        SELECT FROM accounts WHERE accounts.id = case_ended.id AND accounts.state IN ('closed', 'deleted'));
UPDATE cases SET ended = true WHERE state <> 'decided' AND case_ended(subject_kind, subject_id);

CREATE FUNCTION case_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ended = case_ended(NEW.subject_kind, NEW.subject_id);
    RETURN NEW;
END $$;
CREATE TRIGGER case_opens BEFORE INSERT ON cases
    FOR EACH ROW WHEN (NEW.subject_kind = 'account') EXECUTE FUNCTION case_opens();

CREATE FUNCTION account_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases SET ended = NEW.state IN ('closed', 'deleted')
    WHERE subject_kind = 'account' AND subject_id = NEW.id AND ended <> (NEW.state IN ('closed', 'deleted'));
    RETURN NULL;
END $$;
CREATE TRIGGER account_ends AFTER UPDATE OF state ON accounts
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION account_ends();

DROP INDEX cases_queue, cases_all, cases_awaiting;
CREATE INDEX cases_queue ON cases (queue, rank DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_all ON cases (rank DESC, due_at, id) WHERE state <> 'decided';
CREATE INDEX cases_awaiting ON cases (rank DESC, due_at, id) WHERE state = 'awaiting';
