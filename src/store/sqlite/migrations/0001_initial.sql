-- Schema v1. Ids are 16 bytes, hashes 32, addresses 4 or 16; times are microseconds since 1970
-- in UTC, NULL means not yet or never; closed sets are small integers in the order of the enum's `ALL`.
--
-- Where `seq` is the primary key, rows lie in the order in which they came: lists "newest first" and their pages walk
-- the table itself, and no index on the creation time is needed. Random ids fill an index of their own, which is half
-- as wide as a table clustered by them would be. There is no index on a token hash: a token carries its id (D-10).

CREATE TABLE meta (
    key        TEXT PRIMARY KEY NOT NULL,
    value      ANY NOT NULL,          -- text; `audit_head` is packed bytes
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    rank        INTEGER NOT NULL,
    builtin     INTEGER NOT NULL CHECK (builtin IN (0, 1)),
    description TEXT NOT NULL
) STRICT;

INSERT INTO roles (id, name, rank, builtin, description) VALUES
    (0, 'viewer', 0, 1, 'May look'),
    (1, 'analyst', 1, 1, 'The default'),
    (2, 'km_admin', 2, 1, 'Ranks below admin; what it adds is what permissions say'),
    (3, 'admin', 3, 1, 'Manages users, all tokens and the audit log');

CREATE TABLE users (
    id                  BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    email               TEXT NOT NULL UNIQUE,
    username            TEXT,
    name                TEXT NOT NULL,
    role                INTEGER NOT NULL DEFAULT 1 REFERENCES roles (id) ON DELETE RESTRICT,
    role_source         INTEGER NOT NULL DEFAULT 0, -- local, idp
    is_owner            INTEGER NOT NULL DEFAULT 0 CHECK (is_owner IN (0, 1)),
    password_hash       TEXT,
    password_changed_at INTEGER,
    active              INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    deactivated_at      INTEGER,
    deactivated_by      BLOB,
    deactivated_reason  TEXT,
    metadata            TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
    last_login_at       INTEGER,
    created_by          BLOB,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_by_username ON users (username) WHERE username IS NOT NULL;
CREATE INDEX users_by_role ON users (role, active);

CREATE TABLE auth_sessions (
    seq                 INTEGER PRIMARY KEY,
    id                  BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id             BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash          BLOB NOT NULL CHECK (length(token_hash) = 32),
    token_expires_at    INTEGER NOT NULL,
    family_id           BLOB,
    previous_session_id BLOB,
    refresh_token_hash  BLOB,
    device_fingerprint  TEXT,
    device_label        TEXT NOT NULL,
    ip                  BLOB CHECK (length(ip) IN (4, 16)),
    user_agent          TEXT NOT NULL,
    auth_provider       TEXT NOT NULL DEFAULT 'local',
    created_at          INTEGER NOT NULL,
    last_active_at      INTEGER,
    expires_at          INTEGER NOT NULL,            -- without a refresh token: token_expires_at
    revoked_at          INTEGER,
    revoked_reason      INTEGER,
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT;

CREATE INDEX auth_sessions_by_user ON auth_sessions (user_id);
-- A session ends once: when it was revoked, or else by itself. The sweep reads this.
CREATE INDEX auth_sessions_by_end ON auth_sessions (coalesce(revoked_at, expires_at));

CREATE TABLE personal_access_tokens (
    seq          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- its start is the displayed prefix
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    format       INTEGER NOT NULL DEFAULT 0,         -- jwt, opaque
    token_hash   BLOB NOT NULL CHECK (length(token_hash) = 32),
    scopes       TEXT CHECK (json_valid(scopes)),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    last_used_ip BLOB CHECK (length(last_used_ip) IN (4, 16)),
    revoked_at   INTEGER,
    revoked_by   BLOB,
    created_via  INTEGER NOT NULL DEFAULT 0          -- session, pair, admin, import
) STRICT;

CREATE INDEX personal_access_tokens_by_user ON personal_access_tokens (user_id);

CREATE TABLE signing_keys (
    kid        TEXT PRIMARY KEY NOT NULL,
    alg        INTEGER NOT NULL DEFAULT 0,           -- EdDSA
    public_key BLOB NOT NULL,
    secret_enc BLOB NOT NULL,                        -- wrapped (D-08)
    status     INTEGER NOT NULL,                     -- active, verify, retired
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (status) WHERE status = 0;

-- Append only. `seal` is a MAC over the row and the seal of the row before it (D-12); rows outlive users.
CREATE TABLE audit_log (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL CHECK (length(id) = 16),
    at          INTEGER NOT NULL,
    user_id     BLOB,
    via         TEXT NOT NULL,
    action      TEXT NOT NULL,
    resource    TEXT NOT NULL,
    params      TEXT NOT NULL CHECK (json_valid(params)),
    result      TEXT NOT NULL,
    ip          BLOB CHECK (length(ip) IN (4, 16)),
    request_id  TEXT,
    duration_ms INTEGER,
    seal        BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;

CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_user ON audit_log (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_by_action ON audit_log (action);
CREATE INDEX audit_log_by_resource ON audit_log (resource);

CREATE TABLE password_resets (
    token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    INTEGER NOT NULL,                     -- reset, setup
    created_by BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX password_resets_by_user ON password_resets (user_id);
