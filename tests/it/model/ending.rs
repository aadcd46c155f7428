//! The end of a sequence: everything that the server knows, against everything that the model holds.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    call::Call,
    state::Row,
    world::{Difference, World, audit_rows},
};

/// Compares users, tokens, the fate of every credential ever issued, and the audit log.
pub(super) fn compare(world: &mut World) -> Result<(), Difference> {
    let admin = find_admin(world)?;
    world.ask(&admin, Call::Users)?;
    world.ask(&admin, Call::Tokens { user: None, status: None })?;
    world.ask(&admin, Call::Sessions { user: None })?;
    for user in world.users.clone() {
        world.ask(&admin, Call::ShowUser(user.clone()))?;
        world.ask(&admin, Call::Tokens { user: Some(user), status: None })?;
    }
    try_all_credentials(world)?;
    // What was ended for good stays ended when its owner is back (D-25).
    for user in world.users.clone() {
        if world.states[0].users.get(&user).is_some_and(|user| !user.active) {
            world.ask(&admin, Call::Activate(user))?;
        }
    }
    try_all_credentials(world)?;
    // Of every chain the newest continues it, and any other ends it; then nobody has anything of an ended one.
    for token in world.refreshes.clone().into_iter().rev() {
        world.exchange(vec![(None, Call::Refresh(token))])?;
    }
    try_all_credentials(world)?;
    let admin = find_admin(world)?;
    compare_log(world, &admin)?;
    // Whatever happened, the chain is whole (D-12).
    world.server.host(&["server", "audit", "verify"]).run().exits(0);
    Ok(())
}

fn try_all_credentials(world: &mut World) -> Result<(), Difference> {
    world.bearers.clone().iter().try_for_each(|bearer| world.ask(bearer, Call::WhoAmI))
}

/// Returns a live admin's credential; where nobody has one, an admin signs in, or is recovered on the host first.
fn find_admin(world: &mut World) -> Result<String, Difference> {
    // A recovered admin has to sign in, and is then found.
    for _ in 0..3 {
        let state = &world.states[0];
        let is_admin = |bearer: &&String| {
            state.caller(Some(bearer.as_str())).is_ok_and(|caller| {
                let user = &state.users[&caller.user];
                user.is_active_admin() && !(caller.is_session && user.must_change)
            })
        };
        if let Some(bearer) = world.bearers.iter().find(is_admin) {
            return Ok(bearer.clone());
        }
        let has_password = state.users.values().find_map(|user| {
            let password = user.password.as_ref().filter(|_| user.is_active_admin() && !user.must_change)?;
            Some((user.email.clone(), password.text.clone()))
        });
        match has_password {
            Some((email, password)) => {
                drop(world.exchange(vec![(None, Call::SignIn { email, password, refresh: false })])?)
            }
            None => world.recover(0),
        }
    }
    Err(world.differs("nobody can administer any more"))
}

fn compare_log(world: &mut World, admin: &str) -> Result<(), Difference> {
    let mut log = BTreeMap::<Row, usize>::new();
    let text = |row: &Value, member: &str| row[member].as_str().unwrap_or_default().to_owned();
    for row in audit_rows(world, admin) {
        // The first admin was made before the model began; uses in an overlap are noted when there is time.
        if row["action"] != "bootstrap" && row["action"] != "token.used_in_overlap" {
            let actor = row["user_id"].as_str().map(str::to_owned);
            let (action, via, resource) = (text(&row, "action"), text(&row, "via"), text(&row, "resource"));
            *log.entry(Row { action, actor, via, resource }).or_default() += 1;
        }
    }
    if world.states.iter().any(|state| state.log == log) {
        return Ok(());
    }
    let expected = &world.states[0].log;
    let mut lines = vec!["the audit log differs (in the log, in the model):".to_owned()];
    for row in log.keys().chain(expected.keys().filter(|row| !log.contains_key(*row))) {
        let counts = [&log, expected].map(|log| log.get(row).copied().unwrap_or(0));
        if counts[0] != counts[1] {
            lines.push(world.readable(&format!("{counts:?} {row:?}")));
        }
    }
    Err(world.differs(&lines.join("\n")))
}
