//! The main job, as the README tells it: sign in, make a token, use it elsewhere, list it, revoke it, see it refused.

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer, filters, wait_for};

struct Person {
    home: TestHome,
    url: String,
}

impl Person {
    fn at(server: &TestServer) -> Self {
        Self { home: TestHome::new(), url: server.url() }
    }

    fn da(&self, args: &[&str]) -> Run {
        self.home.da(args).env("DA_SERVER", &self.url).run()
    }

    fn signed_in(server: &TestServer) -> Self {
        let person = Self::at(server);
        let run = person
            .home
            .da(["login", "--email", ADMIN_EMAIL, "--password-stdin"])
            .env("DA_SERVER", &person.url)
            .stdin(ADMIN_PASSWORD)
            .run()
            .exits(0);
        assert_eq!(run.stdout, format!("Logged in as {ADMIN_EMAIL} (role: admin)\n"));
        person
    }
}

#[test]
fn a_token_lives_from_its_making_to_its_revocation() {
    let server = TestServer::start();
    let person = Person::signed_in(&server);
    let token = person.da(&["token", "create", "--name", "ci", "--raw"]).exits(0).stdout;
    assert_eq!(token.lines().count(), 1, "{token}");

    let elsewhere = TestHome::new();
    let with_token =
        |args: &[&str]| elsewhere.da(args).env("DA_SERVER", server.url()).env("DA_TOKEN", token.trim_end()).run();
    let who = with_token(&["whoami"]).exits(0);
    assert!(who.stdout.contains(ADMIN_EMAIL) && who.stdout.contains("DA_TOKEN"), "{}", who.stdout);

    // The use is written behind the answer.
    let list = wait_for("the token's first use", || {
        let list = with_token(&["token", "list"]).exits(0);
        (!list.stdout.contains("never")).then_some(list)
    });
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!(list.stdout.split_whitespace().collect::<Vec<_>>().join(" "),
            @"ID NAME PREFIX EXPIRES LAST USED STATUS [UUID] ci [PREFIX] [TIME] [TIME] active");
    });

    let revoked = person.da(&["token", "revoke", "ci", "--yes"]).exits(0);
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!(revoked.stdout, @"Revoked token [UUID] (ci)");
    });
    let refused = with_token(&["whoami"]).exits(4);
    assert!(refused.stderr.contains("Token revoked"), "{}", refused.stderr);
    assert!(!refused.stderr.contains(token.trim_end()));
}

#[test]
fn signing_out_ends_the_session_on_the_server_and_forgets_it_here() {
    let server = TestServer::start();
    let person = Person::signed_in(&server);
    let file = person.home.config_dir().join("token.json");
    let stored: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let session = server.stranger().with(stored["access_token"].as_str().unwrap());
    session.get("/auth/me").is(200);

    assert_eq!(person.da(&["logout"]).exits(0).stdout, "Logged out.\n");
    assert!(!file.exists());
    session.get("/auth/me").is(401);
    person.da(&["whoami"]).exits(4);
    person.da(&["logout"]).exits(0);
}

#[test]
fn a_refused_sign_in_is_4_and_stores_nothing() {
    let server = TestServer::start();
    let person = Person::at(&server);
    let run = person
        .home
        .da(["login", "--email", ADMIN_EMAIL, "--password-stdin"])
        .env("DA_SERVER", &person.url)
        .stdin("not the password")
        .run()
        .exits(4);
    assert!(run.stderr.contains("Invalid email or password"), "{}", run.stderr);
    assert!(!person.home.config_dir().join("token.json").exists());
}
