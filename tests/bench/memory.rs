//! P-9: memory of a server that nobody asks anything.

use std::{thread, time::Duration};

use crate::{
    Options,
    figure::{Bar, Figure},
    machine::resident_mib,
    subject::start_logging_to_a_file,
    support::TestServer,
};

/// How long a server is left alone before it counts as being at rest.
const REST: Duration = Duration::from_secs(20);

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let (server, _log) = start_logging_to_a_file(TestServer::with_admin());
    let resident = || resident_mib(server.pid());
    thread::sleep(REST);
    let started = resident();
    let session = server.admin();
    let signed_in = resident();
    session.get("/auth/me").is(200);
    thread::sleep(REST);
    let rested = resident();
    vec![
        Figure::new("P-9", "resident, 20 s after the first start", started, " MiB", Bar::AtMost(15.0)),
        Figure::new("P-9", "resident, 20 s after a sign-in", rested, " MiB", Bar::AtMost(15.0)),
        Figure::new("P-9", "resident, right after a sign-in", signed_in, " MiB", Bar::Told),
    ]
}
