-- A proposal to close all accounts of the same people rests on what ties them together: the account from which
-- they were reached, so that this is looked at again when it is confirmed.
ALTER TABLE proposed_decisions ADD COLUMN family text;

-- Closed accounts are searched by what their fingerprints show: names, handles, profiles, links.
ALTER TABLE search_texts DROP CONSTRAINT search_texts_kind_check;
ALTER TABLE search_texts ADD CONSTRAINT search_texts_kind_check
    CHECK (kind IN ('post', 'account', 'group', 'note', 'closure'));
INSERT INTO search_due (kind, id) SELECT 'closure', account FROM closures;

CREATE FUNCTION search_note_closures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_due (kind, id) SELECT 'closure', account FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION search_note_closure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_due (kind, id) VALUES ('closure', NEW.account);
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON closures REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_closures();
CREATE TRIGGER search_gone AFTER DELETE ON closures REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_note_closures();
CREATE TRIGGER search_changed AFTER UPDATE ON closures
    FOR EACH ROW WHEN ((OLD.fingerprint::text, OLD.closed_at) IS DISTINCT FROM (NEW.fingerprint::text, NEW.closed_at))
    EXECUTE FUNCTION search_note_closure();
