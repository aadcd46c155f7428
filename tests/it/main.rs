//! The integration tests: the real `da` binary against a real `da serve` on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, tells why on stderr, and stands outside the program's layers"
)]

mod abuse;
mod admin_socket;
mod architecture;
mod audit_api;
mod authorize_api;
mod availability;
mod backup_under_load;
mod bit_flips;
mod body_table;
mod check_cost;
mod cli_admin_audit;
mod cli_admin_tokens;
mod cli_admin_users;
mod cli_credential;
mod cli_exec;
mod cli_help;
mod cli_hints;
mod cli_hostile_server;
mod cli_import_token;
mod cli_keyring;
mod cli_lifecycle;
mod cli_login;
mod cli_login_browser;
mod cli_login_device;
mod cli_logout;
mod cli_original_server;
mod cli_pair;
mod cli_password;
mod cli_profile;
mod cli_profile_choice;
mod cli_resolver;
mod cli_serve;
mod cli_serve_admin;
mod cli_serve_tls;
mod cli_server_audit;
mod cli_server_backup;
mod cli_server_config;
mod cli_server_doctor;
mod cli_server_json;
mod cli_server_keys;
mod cli_server_recover;
mod cli_server_rekey;
mod cli_server_store;
mod cli_session;
mod cli_setup;
mod cli_setup_instructions;
mod cli_status;
mod cli_storage;
mod cli_token;
mod cli_token_list;
mod cli_token_revoke;
mod cli_token_rotate;
mod cli_whoami;
mod client_address;
mod clock;
mod console;
mod crash;
mod credentials_on_the_wire;
mod damaged_store;
mod device_api;
mod disk;
mod durability;
mod exit_codes;
mod files_and_modes;
mod forgery;
#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the library of the fuzz targets, of which this is a part here")]
mod fuzz;
mod fuzz_corpus;
mod header_table;
mod host_table;
mod injection_table;
mod install;
mod io_errors;
mod jwks;
mod key_rotation;
mod lists;
mod login_api;
mod main_job;
mod metrics;
mod model;
mod must_change_password;
mod original_client;
mod password_api;
mod probes_api;
mod profile_api;
mod races;
mod readiness;
mod refresh;
mod refresh_race;
mod request_bodies;
mod request_log;
mod route_matrix;
mod schema_upgrade;
mod secrets_in_output;
mod serve_start;
mod sessions_api;
mod sources;
mod support;
mod systemd_unit;
mod throttle;
mod token_admin_api;
mod token_api;
mod token_overlap;
mod token_policy;
mod token_rotation;
mod token_use;
mod users_api;
mod users_lifecycle;
