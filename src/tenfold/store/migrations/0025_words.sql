-- What is written in a picture or film, its lines parted by line feeds.
ALTER TABLE media ADD COLUMN words text NOT NULL DEFAULT '';
