//! `da`: a self-hosted token authority in one program.
//!
//! The same binary is the client that a person or a CI job uses to sign in and to hold and manage access tokens, the
//! server that issues and checks them (`da serve`), and the way back in on the server's host (`da server ...`).
//!
//! # Layout
//!
//! | module | what it holds | what it may use |
//! |---|---|---|
//! | [`domain`] | nouns and rules: no HTTP, SQL, terminal, files, environment | nothing |
//! | [`api`] | the wire contract, compiled into client and server | `domain` |
//! | [`store`] | the port: traits in the words of the domain; [`store::sqlite`] behind it | `domain` |
//! | [`app`] | the use cases: policy, limits, audit | `store` (the port), `domain` |
//! | [`server`] | HTTP only: sockets, the URL map, pages | `app`, `api`, `domain` |
//! | [`client`] | the API from outside | `api`, `domain` |
//! | [`credentials`] | where a user's token rests: keyring, or a private file | `client`'s server address, `domain` |
//! | [`cli`] | the command line; a file per command, its path is what is typed | all of the above |
//!
//! A test reads every `use crate::` line and holds this table against it. The same noun has the same file name in every
//! layer: `api/tokens.rs`, `app/tokens.rs`, `store/tokens.rs`, `store/sqlite/tokens.rs`, `server/handlers/tokens.rs`,
//! `cli/commands/token/`.
//!
//! # One command, from keystroke to row and back
//!
//! `da token revoke laptop`
//!
//! 1. `main` calls [`cli::main`]. clap parses the line into a `Command`; [`cli`]'s context resolves, when they are
//!    first needed, the profile (`--profile`, `DA_PROFILE`, a rule, file, default), the server (`--server`, `DA_SERVER`,
//!    the profile's, default) and the token (`--token-file`, `DA_TOKEN`, `DA_TOKEN_FILE`, saved), each with the name of
//!    its source.
//! 2. `cli/commands/token/revoke.rs` lists the caller's tokens, finds the one that is meant, and has the
//!    [`client`] call `api::tokens::Revoke`: `DELETE /auth/tokens/{id}`. No redirect is followed, and the token goes
//!    nowhere but to the server it belongs to.
//! 3. On the server, [`server::edge`] reads the request within its bounds of size and time. [`server::service`] gives
//!    it a request id, resolves the client's address and checks the `Host`; [`server::router`] names the handler.
//! 4. [`server::mount`] finds and judges the caller before it looks at a body: [`app::App::authenticate`] reads the
//!    credential's row by its id and compares the SHA-256 of the whole token with the stored one; that row is the
//!    authority, not the signature. [`app::authz::authorize`] compares role and kind of credential with the endpoint's
//!    `ACCESS`.
//! 5. The handler calls [`app::App::revoke_token`] on a bounded pool of threads. The use case hands one closure to the
//!    store's writer.
//! 6. The writer thread runs the closures that wait, each in its own savepoint: this one checks again that the caller's
//!    credential lives, reads the token, sets `revoked_at`, and appends an audit row that is chained to the one before.
//!    One `COMMIT`, one `fsync` for the batch; only then is anybody answered.
//! 7. `204` travels back; the command prints `Revoked token ...` and ends with 0. The next request with that token
//!    reads the row and gets a 401: nothing is cached, so nothing can be stale.
//!
//! # Where to look
//!
//! - What may fail, and what becomes of it: [`app::AppError`], the table in [`server::error`], and `cli/error.rs` for
//!   exit codes.
//! - Who may call what: the `ACCESS` of each [`api::Endpoint`]; [`server::router::table`] is the whole map.
//! - Who needs no credential: [`app::SystemScope`], handed out by the commands that hold the data directory and by the
//!   admin socket in it, which [`server::edge`] serves beside the network.
//! - What is kept at rest, and how it is wrapped: `store/sqlite/migrations/`, [`app::master_key`].
//! - What a probe finds: [`app::readiness`]. What is counted for whoever watches: [`app::metrics`], [`server::metrics`].
//! - How tampering with the audit log shows: [`domain::audit`], [`app::audit::verify_chain`].

pub mod api;
pub mod app;
pub mod cli;
pub mod client;
pub mod credentials;
pub mod domain;
pub mod server;
pub mod store;
