-- Pictures within pictures, and points of frames of films.

-- PDQ hashes of the pictures that stand in one: a screenshot's, a collage's.
ALTER TABLE media ADD COLUMN pdq_panels text[] NOT NULL DEFAULT '{}';

-- Where in its film a frame stands that has these points; of pictures nothing.
ALTER TABLE media_points ADD COLUMN at_ms integer;
