//! The URL map: which line of it a request comes to.
//!
//! A line is a method and a path. To find it copies nothing of the request. Its number is known from then on: what is
//! counted of the line ([`metrics`](super::metrics)) has the same.

use std::borrow::Cow;

use http::Method as HttpMethod;
use matchit::Router;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::mount::Task;
use crate::api::{Access, Method};

/// What a line of the URL map says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it is a page or a download, not JSON.
    pub page: bool,
    /// Whether it answers a list.
    pub list: bool,
}

/// A line of the URL map.
pub struct Line {
    /// What it says of itself.
    pub route: RouteInfo,
    /// What it does.
    pub(super) task: Task,
}

/// What is there for a request.
pub enum Found<'a> {
    /// The line with this number, and the id in the path if there is one.
    Line(usize, &'a Line, Option<Cow<'a, str>>),
    /// The path is there, but only with these methods.
    OtherMethods(&'a str),
    /// There is no such path.
    Nothing,
}

/// See the module.
#[derive(Default)]
pub struct UrlMap {
    lines: Vec<Line>,
    paths: Vec<Path>,
    numbers: Router<usize>,
}

/// All lines of one path.
struct Path {
    path: &'static str,
    lines: Vec<usize>,
    /// Their methods, as the header `Allow` has them.
    allow: String,
}

impl UrlMap {
    /// Adds a line.
    pub(super) fn add(&mut self, line: Line) {
        let (path, method) = (line.route.path, line.route.method);
        let number = self.paths.iter().position(|one| one.path == path).unwrap_or_else(|| {
            let inserted = self.numbers.insert(path, self.paths.len());
            debug_assert!(inserted.is_ok(), "{path}: {inserted:?}");
            self.paths.push(Path { path, lines: Vec::new(), allow: String::new() });
            self.paths.len() - 1
        });
        let found = &mut self.paths[number];
        found.allow += if found.allow.is_empty() { "" } else { ", " };
        found.allow += if method == Method::Get { "GET, HEAD" } else { method.as_str() };
        found.lines.push(self.lines.len());
        self.lines.push(line);
    }

    /// Returns every line.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Finds the line for a request. HEAD comes to the line of GET: the answer is sent without its body (RFC 9110
    /// section 9.3.2).
    #[must_use]
    pub fn find<'a>(&'a self, method: &HttpMethod, path: &'a str) -> Found<'a> {
        let Ok(matched) = self.numbers.at(path) else { return Found::Nothing };
        let found = &self.paths[*matched.value];
        let method = if *method == HttpMethod::HEAD { "GET" } else { method.as_str() };
        match found.lines.iter().find(|number| self.lines[**number].route.method.as_str() == method) {
            // What is not UTF-8 when decoded is no id either.
            Some(number) => {
                let id = matched.params.get("id").map(|id| percent_decode_str(id).decode_utf8_lossy());
                Found::Line(*number, &self.lines[*number], id)
            }
            None => Found::OtherMethods(&found.allow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::router::url_map;

    #[test]
    fn every_line_is_found_by_its_method_and_path_and_says_its_id() {
        let map = url_map();
        for (number, line) in map.lines().iter().enumerate() {
            let path = line.route.path.replace("{id}", "a%2Db");
            let method = line.route.method.as_str().parse().expect("a method");
            let Found::Line(found, _, id) = map.find(&method, &path) else { panic!("{method} {path}") };
            let expected = line.route.path.contains("{id}").then_some("a-b");
            assert_eq!((found, id.as_deref()), (number, expected), "{method} {path}");
        }
    }

    #[test]
    fn head_comes_to_the_line_of_get_and_other_methods_are_named() {
        let map = url_map();
        let found = |method: HttpMethod, path: &str| match map.find(&method, path) {
            Found::Line(number, ..) => map.lines()[number].route.path.to_owned(),
            Found::OtherMethods(allow) => format!("only {allow}"),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(found(HttpMethod::HEAD, "/live"), "/live");
        assert_eq!(found(HttpMethod::POST, "/live"), "only GET, HEAD");
        assert_eq!(found(HttpMethod::HEAD, "/auth/token"), "only POST");
        assert_eq!(found(HttpMethod::PUT, "/auth/tokens"), "only POST, GET, HEAD");
        for nothing in ["/nothing", "/auth/tokens/a/b", "/LIVE", ""] {
            assert_eq!(found(HttpMethod::GET, nothing), "nothing", "{nothing}");
        }
    }
}
