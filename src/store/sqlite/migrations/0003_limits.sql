-- Schema v3: login counters that survive a restart, limits per user and per token.

-- personal_access_tokens: rebuilt, because SQLite cannot change a CHECK constraint of an existing table. Up to SQLite
-- 3.40, `integrity_check` fails on `CHECK (json_valid(scopes))` when `scopes` is NULL.
CREATE TABLE personal_access_tokens_v3 (
    seq           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- its start is the displayed prefix
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    format        INTEGER NOT NULL DEFAULT 0,        -- jwt, opaque
    token_hash    BLOB NOT NULL CHECK (length(token_hash) = 32),
    scopes        TEXT CHECK (scopes IS NULL OR json_valid(scopes)),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    last_used_at  INTEGER,
    last_used_ip  BLOB CHECK (length(last_used_ip) IN (4, 16)),
    revoked_at    INTEGER,
    revoked_by    BLOB,
    created_via   INTEGER NOT NULL DEFAULT 0,        -- session, pair, admin, import, exec, helper
    replaced_by   BLOB CHECK (length(replaced_by) = 16),
    overlap_until INTEGER,
    overlap_limit INTEGER,
    renewable     INTEGER CHECK (renewable = 1),
    signing_key   INTEGER NOT NULL DEFAULT 0,
    chain         BLOB CHECK (length(chain) = 16)    -- the first of the tokens that rotated themselves up to this one
) STRICT;

INSERT INTO personal_access_tokens_v3 (seq, id, user_id, name, format, token_hash, scopes, created_at, expires_at,
        last_used_at, last_used_ip, revoked_at, revoked_by, created_via, replaced_by, overlap_until, overlap_limit,
        renewable, signing_key)
    SELECT seq, id, user_id, name, format, token_hash, scopes, created_at, expires_at, last_used_at, last_used_ip,
        revoked_at, revoked_by, created_via, replaced_by, overlap_until, overlap_limit, renewable, signing_key
    FROM personal_access_tokens ORDER BY seq;
DROP TABLE personal_access_tokens;
ALTER TABLE personal_access_tokens_v3 RENAME TO personal_access_tokens;
-- Tokens of a user, those that nobody revoked apart: they are counted at each creation, without reading the revoked ones.
-- Each part lies in the order in which its tokens came, so that a page of a user's list is merged from both.
CREATE INDEX personal_access_tokens_by_user ON personal_access_tokens (user_id, revoked_at IS NULL);
CREATE UNIQUE INDEX personal_access_tokens_by_successor ON personal_access_tokens (replaced_by)
    WHERE replaced_by IS NOT NULL;
CREATE INDEX personal_access_tokens_by_chain ON personal_access_tokens (chain) WHERE chain IS NOT NULL;
-- Up to here it was not recorded who rotated a token. One that could rotate itself counts as having done so: a revocation
-- ends its successors.
WITH RECURSIVE successors (id, chain) AS (
    SELECT first.replaced_by, first.id FROM personal_access_tokens AS first
    WHERE first.renewable = 1 AND first.replaced_by IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM personal_access_tokens AS before
            WHERE before.replaced_by = first.id AND before.renewable = 1)
    UNION ALL
    SELECT next.replaced_by, successors.chain FROM successors
    JOIN personal_access_tokens AS next ON next.id = successors.id
    WHERE next.renewable = 1 AND next.replaced_by IS NOT NULL
)
UPDATE personal_access_tokens SET chain = successors.chain FROM successors
WHERE personal_access_tokens.id = successors.id;

-- Networks from which a token is used: an IPv4 address or an IPv6 /64. A token that is used from one network only has no
-- row here: its `last_used_ip` says enough.
CREATE TABLE token_networks (
    token        INTEGER NOT NULL REFERENCES personal_access_tokens (seq) ON DELETE CASCADE,
    network      BLOB NOT NULL CHECK (length(network) IN (4, 8)),
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (token, network)
) STRICT, WITHOUT ROWID;

-- How many audit rows about new networks of a token were written in the hour that began at `since`, and how many were
-- left out since the last one.
CREATE TABLE token_network_rows (
    token    INTEGER PRIMARY KEY REFERENCES personal_access_tokens (seq) ON DELETE CASCADE,
    since    INTEGER NOT NULL,
    written  INTEGER NOT NULL,
    left_out INTEGER NOT NULL
) STRICT;

-- users: whether an admin's token gave the account a password. What that password opened ends when the account becomes an
-- admin.
ALTER TABLE users ADD COLUMN password_by_token INTEGER NOT NULL DEFAULT 0 CHECK (password_by_token IN (0, 1));

-- password_resets: a value that was made with a token is void for an account that became an admin meanwhile.
ALTER TABLE password_resets ADD COLUMN by_token INTEGER NOT NULL DEFAULT 0 CHECK (by_token IN (0, 1));

-- login_attempts
-- Failed sign-ins of an account from a network, within an hour. The account is a keyed hash of the login name, so that
-- unknown names are counted too. `ip` is a network in CIDR form, or the empty text for all addresses.
CREATE TABLE login_attempts (
    account_key  BLOB NOT NULL CHECK (length(account_key) = 32),
    ip           TEXT NOT NULL,
    failures     INTEGER NOT NULL CHECK (failures > 0),
    first_at     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    locked_until INTEGER,
    PRIMARY KEY (account_key, ip)
) STRICT, WITHOUT ROWID;

-- auth_sessions and device_authorizations
-- The session that approved: with it ends what it approved and nobody has collected.
ALTER TABLE device_authorizations ADD COLUMN decided_by BLOB CHECK (length(decided_by) = 16);

-- audit_log
