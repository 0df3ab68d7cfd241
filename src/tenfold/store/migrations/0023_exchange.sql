-- Media in and out.

-- What changed of the hashes of pictures and frames, so that processes that hold them in memory need not ask the
-- store about each: some are gone, of others the entry no longer answers as it did. `xid` tells what came since a
-- snapshot, whenever it was committed.
ALTER TABLE media_hashes_gone RENAME TO media_hash_changes;
ALTER TABLE media_hash_changes RENAME COLUMN gone_at TO at;
ALTER TABLE media_hash_changes
    ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD COLUMN gone boolean NOT NULL DEFAULT true;
CREATE INDEX media_hash_changes_since ON media_hash_changes (xid);
CREATE OR REPLACE FUNCTION media_hash_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO media_hash_changes (number) SELECT number FROM gone WHERE kind IN ('pdq', 'frame');
    RETURN NULL;
END
$$;
CREATE FUNCTION media_entry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO media_hash_changes (number, gone)
    SELECT number, false FROM media_hashes WHERE bank = NEW.bank AND key = NEW.key AND kind = 'pdq';
    RETURN NULL;
END
$$;
CREATE TRIGGER media_contents_change AFTER UPDATE OF disabled_until ON media_contents
    FOR EACH ROW WHEN (OLD.disabled_until IS DISTINCT FROM NEW.disabled_until)
    EXECUTE FUNCTION media_entry_changed();
CREATE TRIGGER bank_entries_change AFTER UPDATE OF expires_at, decision ON bank_entries
    FOR EACH ROW
    WHEN (OLD.expires_at IS DISTINCT FROM NEW.expires_at OR OLD.decision IS DISTINCT FROM NEW.decision)
    EXECUTE FUNCTION media_entry_changed();
