//! The flags that every command takes.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::number;
use crate::{client::ServerUrl, credentials::ProfileName};

const HEADING: &str = "Global options";

/// Flags that stand before or after any command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Server to talk to, such as `https://id.example.org`
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) server: Option<ServerUrl>,
    /// Profile to use for this call, see `da profile list`
    #[arg(long, global = true, value_name = "NAME", help_heading = HEADING)]
    pub(crate) profile: Option<ProfileName>,
    /// Read the token from this file
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    pub(crate) token_file: Option<PathBuf>,
    /// Directory of settings and saved token
    #[arg(long, global = true, value_name = "DIR", help_heading = HEADING)]
    pub(crate) config_dir: Option<PathBuf>,
    /// Trust the PEM certificates in this file, too
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Allow unencrypted HTTP to another machine
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) insecure_http: bool,
    /// Give up a request after this many seconds
    #[arg(long, global = true, value_name = "SECONDS", value_parser = number::between(1_u64, 3_600), help_heading = HEADING)]
    pub(crate) timeout: Option<u64>,
    /// Write JSON, errors included
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) json: bool,
    /// Leave out notes on stderr
    #[arg(long, short, global = true, help_heading = HEADING)]
    pub(crate) quiet: bool,
    /// Write without colours
    #[arg(long, global = true, help_heading = HEADING)]
    pub(crate) no_color: bool,
    /// Log requests on stderr, never a secret
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = HEADING)]
    pub(crate) verbose: u8,
}
