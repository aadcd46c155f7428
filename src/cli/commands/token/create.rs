use clap::Args;

use crate::{
    api::tokens::{self, CreateRequest, CreateResponse},
    cli::{
        answered::{self, Ignored},
        context::Context,
        error::{CliError, Doing as _},
        moment,
        ui::Ui,
    },
    client::{Bearer, ClientError},
    domain::{Lifetime, TokenName},
};

/// Create a token and show it once
///
/// The token carries your full role. It cannot be shown again; whoever holds it can use it until it ends or is revoked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CreateArgs {
    /// Name shown in `da token list`
    #[arg(long, value_name = "NAME")]
    name: TokenName,
    /// How long it lives: a number of days such as `90d`, or `never` [default: 90d, or the server's maximum]
    #[arg(long, value_name = "TTL")]
    ttl: Option<Lifetime>,
    /// Let the token rotate itself with `da token rotate --self`, never past its last day
    #[arg(long)]
    renewable: bool,
    /// Write the token alone, for a pipe
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

const EXAMPLES: &str = "\
Examples:
  da token create --name laptop
  export DA_TOKEN=$(da token create --name ci --ttl 30d --raw)";

pub(super) fn run(ctx: &Context, args: &CreateArgs) -> Result<(), CliError> {
    let expires_in_days = args.ttl.map(Into::into).unwrap_or_default();
    let request = CreateRequest {
        name: args.name.to_string(),
        expires_in_days,
        renewable: args.renewable,
        ..CreateRequest::default()
    };
    let (created, bearer) = create(ctx, &request)?;
    if let Err(ignored) = check(ctx, args, &created) {
        return Err(undone(ctx, ignored, &created));
    }
    Issued { headline: "Personal access token created", created, bearer }.show(ctx.ui(), args.raw)
}

/// Creates a token of one's own.
pub(crate) fn create(ctx: &Context, request: &CreateRequest) -> Result<(CreateResponse, Bearer), CliError> {
    let action = "Could not create the token";
    let created = ctx.signed_in()?.send::<tokens::Create>(action, (), request)?;
    let bearer = bearer_of(&created, action)?;
    Ok((created, bearer))
}

/// Checks that the token is the one that was asked for. The answer does not tell whether it is renewable, the list does.
fn check(ctx: &Context, args: &CreateArgs, created: &CreateResponse) -> Result<(), Ignored> {
    answered::check_lifetime("--ttl", args.ttl, created, ctx.now())?;
    if !args.renewable {
        return Ok(());
    }
    let shown = ctx.signed_in().and_then(|signed_in| signed_in.get::<tokens::Show>("Could not show it", &created.id));
    let is_renewable = shown.as_ref().is_ok_and(|token| token.renewable);
    let instead = match shown {
        Ok(_) => "it made a token that cannot rotate itself".to_owned(),
        Err(error) => format!("it does not say that the token can rotate itself ({})", error.message()),
    };
    answered::check("--renewable", is_renewable, instead)
}

/// Revokes a token that is not the one that was asked for, and returns the error of the command.
pub(crate) fn undone(ctx: &Context, ignored: Ignored, created: &CreateResponse) -> CliError {
    let revoked = ctx
        .signed_in()
        .and_then(|signed_in| signed_in.get::<tokens::Revoke>("Could not revoke it", &created.id).map(drop));
    ignored.undone(revoked, "The token was revoked", &format!("Revoke the token {}", created.id))
}

/// Returns the token of an answer. It goes to a terminal and into variables: only a word can be a token.
pub(super) fn bearer_of(created: &CreateResponse, action: &str) -> Result<Bearer, CliError> {
    Bearer::new(&created.token).map_err(|error| ClientError::BadAnswer(error.to_string())).doing(action)
}

/// A token that the server has just shown.
pub(super) struct Issued {
    /// What was done.
    pub(super) headline: &'static str,
    pub(super) created: CreateResponse,
    pub(super) bearer: Bearer,
}

impl Issued {
    /// Shows it, this once.
    pub(super) fn show(&self, ui: &Ui, alone: bool) -> Result<(), CliError> {
        let Self { headline, created, bearer } = self;
        let token = bearer.expose();
        if ui.is_json() {
            return ui.json(created);
        }
        if alone {
            return ui.line(token);
        }
        ui.line(&format!("{headline} — this is shown ONCE:"))?;
        ui.line("")?;
        ui.line(&format!("    {token}"))?;
        ui.line("")?;
        ui.line(&format!("id:      {}", created.id))?;
        ui.line(&format!("name:    {}", created.name))?;
        ui.line(&format!("expires: {}", moment::or_never(created.expires_at)))?;
        ui.line("")?;
        ui.line("Export it so `da` can use it:")?;
        ui.line(&format!("    export DA_TOKEN={token}"))
    }
}
