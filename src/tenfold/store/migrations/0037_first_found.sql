-- When a link was first shown: `found_at` is when it last changed, and late evidence changes it again and again.
ALTER TABLE links ADD COLUMN first_at timestamptz NOT NULL DEFAULT now();
UPDATE links SET first_at = found_at;
