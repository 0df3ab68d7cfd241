"""Ninety days of a platform's cases, made inside PostgreSQL: opened, decided, reversed, acted on.

Hours, queues, languages and grounds follow from hashes of numbers, so every run has the same ones.
"""

from tenfold.store.database import Conn

DAYS = 90

# A share in [0, 1) that follows from a number and a word.
_SHARE = """
CREATE FUNCTION pg_temp.share(n bigint, word text) RETURNS double precision IMMUTABLE LANGUAGE sql AS
    $$ SELECT (hashtextextended(word, n) & 4294967295) / 4294967296.0 $$;
CREATE FUNCTION pg_temp.one_of(options text[], n bigint, word text) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT options[1 + floor(power(pg_temp.share(n, word), 1.6) * cardinality(options))::int] $$;
"""
_FILL = """
INSERT INTO accounts (id, handle, created_at, first_seq, updated_at)
    SELECT 'a' || n, 'handle' || n, now() - interval '1 year', n, now()
    FROM generate_series(1, %(cases)s / 5) n;
INSERT INTO posts (id, account, created_at, text, language, seq)
    SELECT 'p' || n, 'a' || 1 + n %% (%(cases)s / 5),
        now() - interval '90 days' * power(pg_temp.share(n, 'at'), 0.8)
            - interval '1 hour' * pg_temp.share(n, 'age'),
        'The Ashen Banner, number ' || n,
        pg_temp.one_of('{ar,en,ar-Latn,fr,tr,ur}', n, 'language'), n
    FROM generate_series(1, %(cases)s) n;
INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, language, state, opened_at,
        due_at, decided_at)
    SELECT 'post', id, account,
        pg_temp.one_of('{propaganda,recruitment,threats,review,lead}', seq, 'queue'),
        1 + floor(4 * power(pg_temp.share(seq, 'severity'), 2))::int,
        pg_temp.one_of('{TVEC7,TVEC1,TVEC6,TVEC2,TVEC8}', seq, 'ground'), language, 'open', opened,
        opened + interval '4 hours' * (1 + pg_temp.share(seq, 'due') * 6), NULL
    FROM (SELECT *, created_at + interval '30 minutes' * pg_temp.share(seq, 'read') AS opened
          FROM posts) AS post;
INSERT INTO decisions (case_id, ground, scope, author, decided_at, state, reversed_at, reversed_by)
    SELECT id,
        CASE WHEN pg_temp.share(id, 'clear') < 0.28 THEN 'TVEC0' WHEN pg_temp.share(id, 'clear') < 0.36
             THEN 'TVEC0.1' ELSE ground END,
        'subject',
        CASE WHEN pg_temp.share(id, 'who') < 0.06 THEN 'key:1' ELSE 'user:' || 1 + id %% 20 END, decided,
        CASE WHEN pg_temp.share(id, 'back') < 0.03 THEN 'reversed' ELSE 'in_force' END,
        CASE WHEN pg_temp.share(id, 'back') < 0.03 THEN decided + interval '5 hours' END,
        CASE WHEN pg_temp.share(id, 'back') < 0.03 THEN 'user:21' END
    FROM (SELECT *, opened_at + interval '1 minute' * exp(2 + 5 * pg_temp.share(id, 'wait')) AS decided
          FROM cases) AS timed
    WHERE decided < now();
UPDATE cases SET state = 'decided', decided_at = decisions.decided_at FROM decisions WHERE case_id = cases.id;
INSERT INTO actions (kind, subject_kind, subject_id, account, state, ground, origin, case_id, created_at)
    SELECT 'hold', 'post', subject_id, account,
        CASE WHEN state = 'decided' AND pg_temp.share(id, 'clear') < 0.36 THEN 'reversed'
             ELSE 'delivered' END,
        ground, 'rule:known@1', id, opened_at
    FROM cases WHERE pg_temp.share(id, 'held') < 0.35;
INSERT INTO actions (kind, subject_kind, subject_id, account, state, ground, origin, case_id, decision_id,
        reverses, created_at)
    SELECT 'restore', 'post', subject_id, actions.account, 'delivered', decisions.ground,
        'decision:' || decisions.id, actions.case_id, decisions.id, actions.id, decisions.decided_at
    FROM actions JOIN decisions USING (case_id) WHERE actions.state = 'reversed';
INSERT INTO actions (kind, subject_kind, subject_id, account, state, ground, origin, case_id, decision_id,
        created_at)
    SELECT kind, 'post', subject_id, account,
        CASE decisions.state WHEN 'reversed' THEN 'reversed' ELSE 'delivered' END,
        decisions.ground, 'decision:' || decisions.id, cases.id, decisions.id, decisions.decided_at
    FROM decisions JOIN cases ON cases.id = case_id, unnest(ARRAY['remove', 'notify']) AS kind
    WHERE decisions.ground NOT LIKE 'TVEC0%%';
INSERT INTO signals (subject_kind, subject_id, name, key, score, detector, version)
    SELECT 'post', 'p' || 1 + n %% %(cases)s, 'terms', n::text, 1, 'text.terms', '1'
    FROM generate_series(1, %(signals)s) n;
"""

_SECOND_LOOKS = """
INSERT INTO review_samples (share, seed, set_by, set_at)
    VALUES (0.06, 'ashen', 'user:1', now() - interval '90 days');
INSERT INTO reviews (decision_id, case_id, sample_id, drawn_at, first_author, first_ground, queue, language)
    SELECT decisions.id, case_id, 1, decisions.decided_at, author, decisions.ground, queue, language
    FROM decisions JOIN cases ON cases.id = case_id
    WHERE author LIKE 'user:%%' AND pg_temp.share(decisions.id, 'drawn') < 0.06;
INSERT INTO checks (number, actor, case_id, review_id, given_at, until, ground, reason, blind, answered_at)
    SELECT nextval(pg_get_serial_sequence('cases', 'id')), 'user:' || 1 + (case_id + 7) %% 20, case_id, id,
        drawn_at + interval '1 hour', drawn_at + interval '2 hours',
        CASE WHEN pg_temp.share(id, 'other') < 0.16 THEN
            CASE WHEN first_ground LIKE 'TVEC0%%' THEN 'TVEC7' ELSE 'TVEC0' END ELSE first_ground END,
        'Seen again', true, drawn_at + interval '2 hours'
    FROM reviews WHERE first_author <> 'user:' || 1 + (case_id + 7) %% 20;
UPDATE reviews SET answered_by = number, answered_at = checks.answered_at FROM checks
    WHERE review_id = reviews.id;
UPDATE reviews SET outcome = (ARRAY['first', 'second', 'unclear'])[1 + id %% 3], resolved_by = 'user:21',
        resolved_at = answered_at + interval '3 hours', words = 'Talked about.'
    WHERE answered_at < now() - interval '2 days';
INSERT INTO golden_cases (case_id, ground, explanation, marked_by, marked_at)
    SELECT case_id, ground, 'It praises in the author''s own voice.', 'user:21', decided_at
    FROM decisions WHERE id %% 400 = 0;
INSERT INTO checks (number, actor, case_id, golden_id, given_at, until, ground, reason, blind, answered_at)
    SELECT nextval(pg_get_serial_sequence('cases', 'id')), 'user:' || person, case_id, id, now(), now(),
        CASE WHEN pg_temp.share(id * 100 + person, 'gold') < 0.85 THEN ground ELSE 'TVEC0.1' END,
        'Seen', true, now()
    FROM golden_cases, generate_series(1, 6) AS person
"""


def second_looks(conn: Conn) -> None:
    """Second looks at some of the decisions that `fill` made on this connection, golden cases; commits."""
    for statement in _SECOND_LOOKS.split(";\n"):
        conn.execute(statement, {})
    conn.commit()


def fill(conn: Conn, cases: int, signals: int) -> None:
    """Fill an empty store; commits."""
    conn.execute("SET session_replication_role = replica")  # no search index, no notes of changed days
    for statement in (_SHARE + _FILL).split(";\n"):
        if statement.strip():
            conn.execute(statement, {"cases": cases, "signals": signals})
    conn.commit()
    conn.execute("SET session_replication_role = origin")
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")
    conn.autocommit = False
