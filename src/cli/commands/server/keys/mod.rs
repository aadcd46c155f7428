//! `da server keys`: the keys that sign tokens (M-22, S-19).

mod list;
mod retire;
mod rotate;

use clap::{Args, Subcommand};

use super::{
    admin_socket,
    host::{self, Installation},
    settings::{HostArgs, Values},
};
use crate::{
    api::keys::{self, KeyItem, Retired, Rotated},
    app::{Origin, SystemScope},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
    },
    client::Client,
    domain::KeyId,
    server::handlers::keys::{item, retired, rotated},
};

const EXAMPLES: &str = "\
Examples:
  da server keys list
  da server keys rotate
  da server keys retire pK3vX0mQ2nLw7yTe";

/// List, rotate and retire the keys that sign tokens
///
/// One key is active and signs. A rotation puts a new one in its place; what the former signed lives on, until that key
/// is retired. All of it works whether the server runs or not.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    List(list::ListArgs),
    Rotate(rotate::RotateArgs),
    Retire(retire::RetireArgs),
}

pub(crate) fn run(ctx: &Context, args: &KeysArgs) -> Result<(), CliError> {
    match &args.command {
        KeysCommand::List(args) => list::run(ctx, args),
        KeysCommand::Rotate(args) => rotate::run(ctx, args),
        KeysCommand::Retire(args) => retire::run(ctx, args),
    }
}

/// Who holds the keys: the server that runs, or the store at rest.
enum Holder {
    Server(Client),
    Store(Installation),
}

impl Holder {
    fn find(ctx: &Context, args: &HostArgs) -> Result<Self, CliError> {
        let values = Values::resolve(args, &[], ctx.environment())?;
        match admin_socket::running(ctx, &values)? {
            Some(server) => Ok(Self::Server(server)),
            None => host::open_existing(&values).map(Self::Store),
        }
    }

    fn list(&self) -> Result<Vec<KeyItem>, CliError> {
        match self {
            Self::Server(server) => server.get::<keys::List>(()).doing("Could not list the signing keys"),
            Self::Store(Installation { app, .. }) => {
                let keys = app.signing_keys(SystemScope::on_the_host()).map_err(host::said)?;
                Ok(keys.into_iter().map(item).collect())
            }
        }
    }

    fn rotate(&self) -> Result<Rotated, CliError> {
        match self {
            Self::Server(server) => server.get::<keys::Rotate>(()).doing("Could not rotate the signing key"),
            Self::Store(Installation { app, .. }) => {
                app.rotate_signing_key(SystemScope::on_the_host(), &Origin::host()).map(rotated).map_err(host::said)
            }
        }
    }

    fn retire(&self, kid: KeyId) -> Result<Retired, CliError> {
        match self {
            Self::Server(server) => server.get::<keys::Retire>(kid).doing("Could not retire the signing key"),
            Self::Store(Installation { app, .. }) => {
                let retirement = app.retire_signing_key(SystemScope::on_the_host(), kid, &Origin::host());
                retirement.map(|retirement| retired(kid, retirement)).map_err(host::said)
            }
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Self::Store(Installation { store, .. }) = self {
            store.close();
        }
    }
}
