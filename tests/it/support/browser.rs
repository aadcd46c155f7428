//! A real browser: headless Chromium, driven through `WebDriver`, used as a person would: by labels, buttons and links.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Condvar, Mutex, PoisonError},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Answer, TestHome, http::try_exchange, wait_for};

/// The key under which `WebDriver` hands out elements (W3C `WebDriver`, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the driver says before its port.
const STARTED: &str = "ChromeDriver was started successfully on port ";

/// How many tests may have a browser at once: each is a handful of processes.
const AT_ONCE: usize = 2;

/// A browser with a profile of its own; all of its processes end when it is dropped.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    home: TestHome,
    _turn: Option<Turn>,
}

/// One test's turn at the browsers.
struct Turn;

/// The tests that have a browser now.
static TURNS: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let taken = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = FREED.wait_while(taken, |taken| *taken >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TURNS.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}

/// How a browser is started.
#[derive(Default)]
pub(crate) struct Options {
    without_javascript: bool,
    hosts: Option<String>,
}

impl Options {
    /// Lets no page run a script.
    pub(crate) fn without_javascript(self) -> Self {
        Self { without_javascript: true, ..self }
    }

    /// Finds this name on loopback: a host that is not trustworthy by itself, as one in a local network.
    pub(crate) fn resolving(self, name: &str) -> Self {
        Self { hosts: Some(format!("--host-resolver-rules=MAP {name} 127.0.0.1")), ..self }
    }

    /// Starts the browser, when it is this test's turn.
    pub(crate) fn start(self) -> Browser {
        self.start_in(Some(Turn::take()))
    }

    fn start_in(self, turn: Option<Turn>) -> Browser {
        let home = TestHome::new();
        // A port that is free for IPv4 may be taken for IPv6, and then the driver ends.
        let started = (0..10).find_map(|_| start_driver(&home));
        let (driver, port) = started.expect("chromedriver starts: `bash .ci/test` installs it");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut browser = Browser { driver, address, session: String::new(), home, _turn: turn };
        let capabilities = self.capabilities(&browser);
        let started = browser.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": capabilities } }));
        browser.session = started["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    fn capabilities(self, browser: &Browser) -> Value {
        let profile = format!("--user-data-dir={}", browser.profile().display());
        let mut args = vec![
            "--headless=new",
            // The browser ends when the pipe breaks: it cannot outlive its driver, not even a killed one.
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en",
            &profile,
        ];
        args.extend(self.hosts.as_deref());
        let scripts = if self.without_javascript { 2 } else { 1 };
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "args": args,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        })
    }
}

/// Starts a driver on a free port, which it tells; nothing if it ended instead.
fn start_driver(home: &TestHome) -> Option<(Child, u16)> {
    // A driver whose test was killed must not live on.
    let mut driver = home
        .command("setpriv")
        .args(["--pdeathsig", "KILL", "chromedriver", "--port=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("setpriv is there: `bash .ci/test` installs it");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port = lines.find_map(|line| line.strip_prefix(STARTED)?.trim_end_matches('.').parse().ok());
    // A full pipe would stop the driver.
    thread::spawn(move || lines.for_each(drop));
    if port.is_none() {
        driver.kill().unwrap();
        driver.wait().unwrap();
    }
    Some((driver, port?))
}

impl Browser {
    /// Starts an ordinary browser.
    pub(crate) fn start() -> Self {
        Options::default().start()
    }

    /// Starts another person's browser within the same test's turn.
    pub(crate) fn beside(&self) -> Self {
        Options::default().start_in(None)
    }

    /// Returns the browser's profile, which all of its processes name in their arguments.
    pub(crate) fn profile(&self) -> PathBuf {
        self.home.path().join("profile")
    }

    /// Kills the driver at once, as a crash would.
    pub(crate) fn kill_driver(&mut self) {
        self.driver.kill().unwrap();
        self.driver.wait().unwrap();
    }

    /// Loads an address.
    pub(crate) fn open(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// Goes one page back, as the button does.
    pub(crate) fn back(&self) {
        self.post("back", &json!({}));
    }

    /// Loads the page again, as the button does.
    pub(crate) fn reload(&self) {
        self.post("refresh", &json!({}));
    }

    /// Puts the reader into a time zone, from the next page on.
    pub(crate) fn move_to(&self, zone: &str) {
        self.devtools("Emulation.setTimezoneOverride", &json!({ "timezoneId": zone }));
    }

    /// Returns the address shown, without scheme and host.
    pub(crate) fn path(&self) -> String {
        let url = self.get("url");
        let url = url.as_str().unwrap();
        url.splitn(4, '/').nth(3).map_or_else(|| url.to_owned(), |path| format!("/{path}"))
    }

    /// Fills in the field with this label.
    pub(crate) fn fill(&self, label: &str, text: &str) {
        let field = self.find(&labelled(label));
        self.post(&format!("element/{field}/clear"), &json!({}));
        self.post(&format!("element/{field}/value"), &json!({ "text": text }));
    }

    /// Chooses from the list with this label.
    pub(crate) fn choose(&self, label: &str, option: &str) {
        self.click(&format!("{}/option[normalize-space()='{option}']", labelled(label)));
    }

    /// Presses the button with this text.
    pub(crate) fn press(&self, text: &str) {
        let button = format!("//button[normalize-space()='{text}']");
        match self.has(&format!("{button}[@type='submit']")) {
            true => self.leave_by(&button),
            false => self.click(&button),
        }
    }

    /// Follows the link with this text.
    pub(crate) fn follow(&self, text: &str) {
        self.leave_by(&format!("//a[normalize-space()='{text}']"));
    }

    /// Unfolds what has this summary in a part of the page.
    pub(crate) fn unfold(&self, area: &str, summary: &str) {
        self.click(&format!("{area}//summary[starts-with(normalize-space(), '{summary}')]"));
    }

    /// Clicks on what an `XPath` names.
    pub(crate) fn click(&self, xpath: &str) {
        let element = self.find(xpath);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Clicks on what leads to another page, and waits for it.
    pub(crate) fn leave_by(&self, xpath: &str) {
        self.run("window.isOld = true");
        self.click(xpath);
        let arrived = json!({ "script": "return !window.isOld && document.readyState === 'complete'", "args": [] });
        wait_for("the next page", || {
            // Between two pages there is nobody to ask.
            let answer = self.exchange("POST", &self.command("execute/sync"), &arrived);
            (answer.status == 200 && answer.json()["value"] == true).then_some(())
        });
    }

    /// Returns the text that a reader sees there.
    pub(crate) fn text(&self, xpath: &str) -> String {
        let element = self.find(xpath);
        self.get(&format!("element/{element}/text")).as_str().unwrap().to_owned()
    }

    /// Returns the whole text of the page.
    pub(crate) fn page(&self) -> String {
        self.text("//body")
    }

    /// Tells whether it is on the page now.
    pub(crate) fn has(&self, xpath: &str) -> bool {
        let found = self.post("elements", &json!({ "using": "xpath", "value": xpath }));
        !found.as_array().unwrap().is_empty()
    }

    /// Presses a key, wherever the focus is; returns the id, or the text, of what has the focus then.
    pub(crate) fn key(&self, key: &str) -> String {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
        let focus = "const e = document.activeElement; return e.id || e.innerText.trim()";
        self.run(focus).as_str().unwrap_or_default().to_owned()
    }

    /// Runs the body of a function in the page and returns its value.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of a function whose last argument takes the value.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.post("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Shows pages as on a screen of this width, in light or dark.
    pub(crate) fn look(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Returns a PNG of the page down to `height`.
    pub(crate) fn screenshot(&self, width: u32, height: u32) -> Vec<u8> {
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.devtools("Page.captureScreenshot", &shot);
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Returns what the browser complained of since the last question: broken rules of the content security policy,
    /// scripts that failed, resources that did not load.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "browser" }));
        log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the value of a cookie, one that scripts cannot read too.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.get("cookie");
        let cookie = cookies.as_array().unwrap().iter().find(|cookie| cookie["name"] == name)?;
        Some(cookie["value"].as_str().unwrap().to_owned())
    }

    fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    fn find(&self, xpath: &str) -> String {
        wait_for(xpath, || {
            let found = self.post("elements", &json!({ "using": "xpath", "value": xpath }));
            Some(found.get(0)?[ELEMENT].as_str()?.to_owned())
        })
    }

    fn get(&self, command: &str) -> Value {
        self.call("GET", &self.command(command), &Value::Null)
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.call("POST", &self.command(command), body)
    }

    fn command(&self, command: &str) -> String {
        format!("/session/{}/{command}", self.session)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.exchange(method, path, body);
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
        answer.json()["value"].take()
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_exchange(method, path, body).expect("the driver answers")
    }

    fn try_exchange(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        try_exchange(self.address, request.as_bytes()).ok().flatten()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() && !self.session.is_empty() {
            // The test harness shows this with the failure.
            if let Some(page) = self.try_exchange("GET", &self.command("source"), &Value::Null) {
                eprintln!("the page:\n{}", page.json()["value"].as_str().unwrap_or_default());
            }
        }
        // The driver closes the browser and waits for its processes; what it cannot close ends with the pipe.
        self.try_exchange("DELETE", &format!("/session/{}", self.session), &Value::Null);
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// Returns the `XPath` of the field that the label with this text is for.
fn labelled(label: &str) -> String {
    format!("//main//*[@id = //label[normalize-space()='{label}']/@for]")
}
