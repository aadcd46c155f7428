use clap::Args;
use serde_json::json;

use super::{login, whoami};
use crate::{
    api::{ErrorCode, lenient::UNKNOWN_ROLE},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        password::{argument_or_stdin, parse_secret},
    },
    client::{Bearer, ClientError},
    credentials::{Claims, StoredCredential},
    domain::{Secret, email},
};

/// Save a token that was made elsewhere
///
/// The server is asked first; neither the saved token nor the settings are touched before it has accepted the new one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportTokenArgs {
    /// The token; `-` reads it from standard input
    #[arg(long, value_name = "TOKEN", value_parser = parse_secret)]
    token: Option<Secret>,
    /// E-mail address to note down, instead of the token's own
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Role to note down, instead of the token's own
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Save it even if the server cannot be asked
    #[arg(long)]
    skip_verify: bool,
}

const EXAMPLES: &str = "\
Examples:
  da import-token --token - < token
  da import-token --server https://id.example.org";

const COPY_IT: &str = "Copy the whole token as it was shown, and name its server with `--server`";

pub(crate) fn run(ctx: &Context, args: &ImportTokenArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    ctx.server()?;
    if args.token.is_none() {
        ui.can_ask("Token", "`--token -`")?;
    }
    login::foresee_use(ctx, "token")?;
    // Where the token is kept is said when it is.
    login::check_storage(ctx, false)?;
    let secret = argument_or_stdin(ui, args.token.as_ref(), "Token", "`--token -`")?;
    let bearer = Bearer::new(&secret).map_err(|error| CliError::failed(format!("Could not use the token: {error}")))?;
    let credential = described(args, &bearer)?;
    if args.skip_verify {
        ctx.anonymous()?;
    } else {
        verify(ctx, bearer)?;
    }
    let saved = login::save(ctx, ctx.server()?, &credential, false)?;
    if ui.is_json() {
        return ui.json(&json!({
            "email": credential.email,
            "role": credential.role,
            "server": ctx.server()?,
            "profile": ctx.settings()?.profile.name,
            "storage": saved.storage.place(),
            "expires_at": credential.expires_at,
            "verified": !args.skip_verify,
        }));
    }
    let profile = ctx.settings()?.profile.remark();
    ui.line(&format!("Imported token for {} (role: {}){profile}.", email::shown(&credential.email), credential.role))
}

fn described(args: &ImportTokenArgs, bearer: &Bearer) -> Result<StoredCredential, CliError> {
    let claims = Claims::decode(&bearer.to_secret())
        .map_err(|error| CliError::failed(format!("Could not decode token as JWT: {error}")).with_hint(COPY_IT))?;
    let missing = || {
        CliError::failed("The token does not say the e-mail address of its owner").with_hint("Give it with `--email`")
    };
    let expires_at = claims.expires_at();
    Ok(StoredCredential {
        access_token: bearer.to_secret(),
        email: args.email.clone().or(claims.email).ok_or_else(missing)?,
        // Newer versions of the original server put no role into the token.
        role: args.role.clone().or(claims.role).unwrap_or_else(|| UNKNOWN_ROLE.to_owned()),
        server: None,
        expires_at,
        refresh_token: None,
        refresh_expires_at: None,
    })
}

fn verify(ctx: &Context, bearer: Bearer) -> Result<(), CliError> {
    let client = ctx.client(Some(bearer))?;
    let verified = {
        let _spinner = ctx.ui().spinner("Asking the server");
        whoami::verify(&client)
    };
    match verified {
        Err(error @ ClientError::Http(_)) if error.status() == Some(401) => {
            let action = format!("Token rejected by server ({})", client.server());
            // What is known and has ended was copied well.
            let failure = error.failure();
            let is_unknown =
                failure.is_some_and(|failure| failure.code.is_none() || failure.is(ErrorCode::InvalidToken));
            Err(CliError::Call { action, source: error, remedy: is_unknown.then(|| COPY_IT.to_owned()) })
        }
        Err(error) => {
            ctx.ui().note("Nothing was changed; `--skip-verify` saves a token without asking the server");
            Err(error).doing("Could not verify the token")
        }
        Ok(_) => Ok(()),
    }
}
