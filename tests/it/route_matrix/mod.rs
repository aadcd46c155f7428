//! The URL map against every kind of caller: S-21, S-32, C-08. Everything here is generated from the router's own
//! table, so a line that joins the map is covered without a word added.

mod cast;
mod cells;
mod paths;
mod strangers;

use da::server::{mount::RouteInfo, router::table};

/// An id that nothing has.
const UNKNOWN_ID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
/// The form token of a browser that has one: cookie and field are equal (S-32).
const FORM_TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Returns the path of a line with `id` in the place of its parameter.
fn path(line: &RouteInfo, id: &str) -> String {
    let segments = line.path.split('/').map(|segment| if segment.starts_with('{') { id } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns the lines that ask for a credential.
fn closed_lines() -> impl Iterator<Item = RouteInfo> {
    table().into_iter().filter(|line| line.access != da::api::Access::Public)
}
