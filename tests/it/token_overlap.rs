//! When a replaced token ends, by a clock that the test sets, and what the audit log tells of the two: O-06.

use serde_json::{Value, json};

use crate::{
    clock::SetClock,
    support::{Api, TestServer, wait_for},
};

/// An old token and the one that replaced it, with an overlap of 100 hours: 10 hours are silence.
struct Pair {
    admin: Api,
    old: Api,
    new: Api,
    path: String,
}

impl Pair {
    /// Rotates a token without an end; the caller is an admin for ever.
    fn rotated(server: &TestServer) -> Self {
        let session = server.admin();
        let create =
            |name: &str| session.post("/auth/tokens", &json!({ "name": name, "expires_in_days": null })).is(201).json();
        let (admin, old) = (create("admin"), create("ci"));
        let path = format!("/auth/tokens/{}", old["id"].as_str().unwrap());
        let new = session.post(&format!("{path}/rotate"), &json!({ "overlap_hours": 100 })).is(201).json();
        let with = |made: &Value| session.with(made["token"].as_str().unwrap());
        Self { admin: with(&admin), old: with(&old), new: with(&new), path }
    }

    fn row(&self) -> Value {
        self.admin.get(&self.path).is(200).json()
    }

    /// Uses a token, and waits until the use is noted in the row of the old one.
    fn uses(&self, token: &Api) {
        let before = self.row();
        token.get("/auth/me").is(200);
        wait_for("the use to be noted", || (self.row() != before).then_some(()));
    }

    fn told(&self) -> Vec<String> {
        let rows = self.admin.get("/api/admin/audit?action=token.used_in_overlap").is(200).json();
        let used = |row: &Value| row["params"]["used"].as_str().unwrap().to_owned();
        rows["items"].as_array().unwrap().iter().rev().map(used).collect()
    }

    fn old_works(&self) -> bool {
        let answer = self.old.get("/auth/me");
        if answer.status != 200 {
            answer.refused(401, "token_revoked", "Token revoked");
        }
        answer.status == 200
    }
}

#[test]
fn nobody_who_changes_over_late_is_cut_off_before_the_overlap_ends() {
    let clock = SetClock::new();
    let server = clock.server();
    let pair = Pair::rotated(&server);
    // Nobody uses the new one: however rarely the old one is used, it works until the end.
    for offset in ["+1h", "+30h", "+99h"] {
        clock.set(offset);
        assert!(pair.old_works(), "{offset}");
    }
    let status = |status: &str| {
        pair.admin.get(&format!("/auth/admin/tokens?status={status}")).is(200).json().as_array().unwrap().len()
    };
    assert_eq!((status("active"), status("revoked")), (3, 0));
    clock.set("+101h");
    assert!(!pair.old_works());
    assert_eq!((status("active"), status("revoked")), (2, 1));
    let row = pair.row();
    assert_eq!(row["revoked_at"], row["overlap_until"]);
    pair.new.get("/auth/me").is(200);
}

#[test]
fn the_old_one_ends_when_it_was_silent_after_the_new_one_came_into_use() {
    let clock = SetClock::new();
    let server = clock.server();
    let pair = Pair::rotated(&server);
    clock.set("+5h");
    pair.uses(&pair.new);
    // Each use of the old one gives it ten hours more.
    clock.set("+14h");
    pair.uses(&pair.old);
    clock.set("+23h");
    pair.uses(&pair.old);
    clock.set("+34h");
    assert!(!pair.old_works());
    assert!(pair.row()["revoked_at"].is_string());
    pair.new.get("/auth/me").is(200);
    // It is over, whatever is tried and however often.
    clock.set("+35h");
    assert!(!pair.old_works());
    assert_eq!(server.log().matches("panicked").count(), 0);
}

#[test]
fn the_overlap_has_a_last_hour_however_busy_the_old_one_is() {
    let clock = SetClock::new();
    let server = clock.server();
    let pair = Pair::rotated(&server);
    pair.uses(&pair.new);
    for hour in [9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99] {
        clock.set(&format!("+{hour}h"));
        pair.uses(&pair.old);
    }
    clock.set("+101h");
    assert!(!pair.old_works());
}

#[test]
fn the_audit_log_tells_which_of_the_two_is_used_in_few_rows() {
    let clock = SetClock::new();
    let server = clock.server();
    let pair = Pair::rotated(&server);
    pair.uses(&pair.new);
    for _ in 0..20 {
        pair.new.get("/auth/me").is(200);
        pair.old.get("/auth/me").is(200);
    }
    wait_for("both to be told", || (pair.told() == ["new", "old"]).then_some(()));
    // Once a day, whatever the minute.
    clock.set("+2m");
    pair.uses(&pair.old);
    assert!(pair.told().len() <= 3, "a day may have begun: {:?}", pair.told());
    let before = pair.told().len();
    clock.set("+9h");
    pair.uses(&pair.old);
    clock.set("+18h");
    pair.uses(&pair.old);
    clock.set("+27h");
    pair.uses(&pair.old);
    assert!((before + 1..=before + 2).contains(&pair.told().len()), "{:?}", pair.told());
    let rows = pair.admin.get("/api/admin/audit?action=token.used_in_overlap").is(200).json();
    assert_eq!(rows["items"][0]["via"], rows["items"][0]["resource"]);
}
