//! The pages, in a real browser and by raw HTTP (the console, S-30..S-36).

mod account;
mod admin;
mod attacks;
mod browsers;
mod device;
mod emails;
mod first_steps;
mod hostile;
mod lists;
mod looks;
mod refusals;
mod tokens;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, TestServer};

/// Signs in on the form that is shown.
fn sign_in(browser: &Browser, email: &str, password: &str) {
    browser.fill("E-mail", email);
    browser.fill("Password", password);
    browser.press("Sign in");
}

/// Opens a page as the first admin, who signs in for it.
fn open_as_admin(browser: &Browser, server: &TestServer, path: &str) {
    browser.open(&format!("{}{path}", server.url()));
    sign_in(browser, ADMIN_EMAIL, ADMIN_PASSWORD);
}

/// Returns the `XPath` of a user's or a token's card.
fn card(heading: &str) -> String {
    format!("//li[.//*[self::h2 or self::h3][contains(., '{heading}')]]")
}
