-- Schema v2: sessions that refresh, device sign-in, rotation of tokens.

-- A family is the chain of sessions that one sign-in became, named by its first. `created_at` is the time of the
-- sign-in throughout; a session that was replaced has a `revoked_at` some seconds ahead, for requests on their way.
UPDATE auth_sessions SET family_id = coalesce(family_id, id), last_active_at = coalesce(last_active_at, created_at);
ALTER TABLE auth_sessions ADD COLUMN idle_limit INTEGER CHECK (idle_limit > 0); -- microseconds
CREATE INDEX auth_sessions_by_family ON auth_sessions (family_id);
CREATE INDEX auth_sessions_by_provider ON auth_sessions (auth_provider);

ALTER TABLE users ADD COLUMN must_change_password INTEGER NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1));

-- What a rotation leaves: the old token works on until `overlap_until`, which uses move, at most to `overlap_limit`.
ALTER TABLE personal_access_tokens ADD COLUMN replaced_by BLOB CHECK (length(replaced_by) = 16);
ALTER TABLE personal_access_tokens ADD COLUMN overlap_until INTEGER;
ALTER TABLE personal_access_tokens ADD COLUMN overlap_limit INTEGER;
CREATE UNIQUE INDEX personal_access_tokens_by_successor ON personal_access_tokens (replaced_by)
    WHERE replaced_by IS NOT NULL;
ALTER TABLE personal_access_tokens ADD COLUMN renewable INTEGER CHECK (renewable = 1);

-- The key that signed a token, by a small number (P-3): up to here there was one key. With a key all it signed ends.
ALTER TABLE signing_keys ADD COLUMN number INTEGER NOT NULL DEFAULT 0 CHECK (number >= 0);
CREATE UNIQUE INDEX signing_keys_by_number ON signing_keys (number);
ALTER TABLE auth_sessions ADD COLUMN signing_key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE personal_access_tokens ADD COLUMN signing_key INTEGER NOT NULL DEFAULT 0;

-- RFC 8628 and RFC 8252: what waits for a person's yes. Times are as everywhere; a code is stored hashed. A device has a
-- user code, hashed with a key; a browser's sign-in has a challenge and an address instead.
CREATE TABLE device_authorizations (
    seq              INTEGER PRIMARY KEY,
    id               BLOB NOT NULL UNIQUE CHECK (length(id) = 16),   -- the code begins with it
    device_code_hash BLOB NOT NULL CHECK (length(device_code_hash) = 32),
    user_code_hash   BLOB CHECK (length(user_code_hash) = 32),
    code_challenge   BLOB CHECK (length(code_challenge) = 32),
    redirect_uri     TEXT,
    client_name      TEXT NOT NULL,
    device_label     TEXT NOT NULL,
    fingerprint      TEXT,
    ip               BLOB CHECK (length(ip) IN (4, 16)),
    token_name       TEXT,                           -- NULL: a session is wanted
    token_lifetime   INTEGER CHECK (token_lifetime > 0), -- of a token, in microseconds; NULL is for ever
    status           INTEGER NOT NULL,               -- pending, approved, denied, consumed
    user_id          BLOB REFERENCES users (id) ON DELETE CASCADE,
    session_id       BLOB CHECK (length(session_id) = 16),           -- what it became
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    poll_interval    INTEGER NOT NULL,               -- microseconds
    last_poll_at     INTEGER,
    CHECK ((user_code_hash IS NULL) = (code_challenge IS NOT NULL)),
    CHECK ((code_challenge IS NULL) = (redirect_uri IS NULL))
) STRICT;

CREATE UNIQUE INDEX device_authorizations_by_user_code ON device_authorizations (user_code_hash) WHERE status = 0;
CREATE INDEX device_authorizations_by_end ON device_authorizations (expires_at);
CREATE INDEX device_authorizations_by_user ON device_authorizations (user_id) WHERE user_id IS NOT NULL;
