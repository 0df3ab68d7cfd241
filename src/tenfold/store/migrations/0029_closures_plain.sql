-- A look reads the fingerprints of up to twenty closures. PostgreSQL compresses rows from 2 kB on, and taking
-- that back costs more than reading a page: closures of the usual 3 to 4 kB stay as they are. New rows only.
ALTER TABLE closures SET (toast_tuple_target = 8160);
