use clap::Args;

use crate::{
    api::tokens::{self, CreateRequest, CreateResponse},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        moment,
        ui::Ui,
    },
    client::{Bearer, ClientError},
    domain::{AskedLifetime, Lifetime, TokenName},
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
    /// Write the token alone, for a pipe
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

const EXAMPLES: &str = "\
Examples:
  da token create --name laptop
  export DA_TOKEN=$(da token create --name ci --ttl 30d --raw)";

pub(super) fn run(ctx: &Context, args: &CreateArgs) -> Result<(), CliError> {
    let (created, bearer) = create(ctx, &args.name, args.ttl.map(Into::into).unwrap_or_default())?;
    if args.raw {
        ctx.ui().line(bearer.expose())
    } else if ctx.ui().is_json() {
        ctx.ui().json(&created)
    } else {
        show(ctx.ui(), &created, &bearer)
    }
}

/// Creates a token of one's own.
pub(crate) fn create(
    ctx: &Context,
    name: &TokenName,
    expires_in_days: AskedLifetime,
) -> Result<(CreateResponse, Bearer), CliError> {
    let request = CreateRequest { name: name.to_string(), expires_in_days, renewable: false };
    let action = "Could not create the token";
    let created = ctx.signed_in()?.send::<tokens::Create>(action, (), &request)?;
    // It goes to a terminal and into variables: only a word can be a token.
    let bearer =
        Bearer::new(&created.token).map_err(|error| ClientError::BadAnswer(error.to_string())).doing(action)?;
    Ok((created, bearer))
}

fn show(ui: &Ui, created: &CreateResponse, bearer: &Bearer) -> Result<(), CliError> {
    let token = bearer.expose();
    ui.line("Personal access token created — this is shown ONCE:")?;
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
