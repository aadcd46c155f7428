-- Schema v3: login counters that survive a restart, limits per user and per token.

-- personal_access_tokens: rebuilt, because SQLite cannot change a CHECK constraint of an existing table.

-- users

-- login_attempts

-- auth_sessions and device_authorizations

-- audit_log
