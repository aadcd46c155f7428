//! A step by the real command line: `da token revoke NAME`, which finds the token by itself.

use super::{
    state::{Kind, State},
    world::{Difference, World},
};
use crate::support::Person;

impl World {
    /// Has a client's credential revoke a token by name.
    pub(super) fn revoke_by_name(&mut self, bearer: Option<&str>, name: &str) -> Result<(), Difference> {
        let person = Person::at(self.server.url());
        let da = person.da(["token", "revoke", name, "--yes"]);
        let run = bearer.into_iter().fold(da, |da, bearer| da.env("DA_TOKEN", bearer)).run();
        let who = bearer.map_or_else(|| "nobody".to_owned(), |bearer| self.readable(bearer));
        self.tell_of(&format!("{who}: da token revoke {name} -> exit {:?}", run.code));
        let mut codes = Vec::new();
        for mut state in std::mem::take(&mut self.states) {
            let code = state.revoke_by_name(bearer, name);
            if run.code == Some(code) {
                self.states.push(state);
            }
            codes.push(code);
        }
        if self.states.is_empty() {
            return Err(self.differs(&format!("in the model it exits with {codes:?}\n{}", run.stderr)));
        }
        Ok(())
    }
}

impl State {
    /// Revokes the one active token of that name; where none is active, the one that has ended stays ended. Returns
    /// the exit code (D-20).
    fn revoke_by_name(&mut self, bearer: Option<&str>, name: &str) -> i32 {
        let Ok(caller) = self.caller(bearer) else { return 4 };
        if caller.is_session && self.users[&caller.user].must_change {
            return 5;
        }
        let has_name = |kind: &Kind| matches!(kind, Kind::Token { name: own, .. } if own == name);
        let own = self.tokens().filter(|(_, token)| token.owner == caller.user && has_name(&token.kind));
        let (ended, active): (Vec<_>, Vec<_>) = own.partition(|(_, token)| token.status() != "active");
        let meant: Vec<String> =
            if active.is_empty() { ended } else { active }.iter().map(|(id, _)| (*id).clone()).collect();
        let [id] = meant.as_slice() else { return 1 };
        self.revoke(&caller, id, "token.revoke");
        0
    }
}
