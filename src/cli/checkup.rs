//! What a look at something found: a line for each check, what to do where it failed, and who can do it.

use serde::Serialize;

use super::{
    error::{CliError, Exit},
    ui::Ui,
};

/// What one check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    Warning,
    Failed,
}

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mender {
    /// Whoever runs the command line.
    You,
    /// Whoever runs the server.
    Operator,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    name: &'static str,
    status: Verdict,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mender: Option<Mender>,
    #[serde(skip)]
    advice: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Check {
    pub(crate) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Verdict::Ok, detail: detail.into(), mender: None, advice: None, exit: Exit::Done }
    }

    /// What is no fault yet; you can mend it.
    pub(crate) fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        let (mender, advice) = (Some(Mender::You), Some(advice.into()));
        Self { status: Verdict::Warning, mender, advice, ..Self::ok(name, detail) }
    }

    /// What is wrong on this machine; you can mend it.
    pub(crate) fn broken(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Verdict::Failed, exit: Exit::Failed, ..Self::warning(name, detail, advice) }
    }

    /// What an error says of itself.
    pub(crate) fn failed(name: &'static str, error: &CliError) -> Self {
        let mut detail = error.message();
        for cause in error.causes() {
            detail.push_str(&format!(": {cause}"));
        }
        let mender = if error.is_the_operators() { Mender::Operator } else { Mender::You };
        Self {
            status: Verdict::Failed,
            mender: Some(mender),
            advice: error.hint(),
            exit: error.exit(),
            ..Self::ok(name, detail)
        }
    }

    /// Says that the server's operator can mend it, and you cannot.
    pub(crate) fn for_the_operator(self) -> Self {
        Self { mender: self.mender.map(|_| Mender::Operator), ..self }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status == Verdict::Failed
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> Verdict {
        self.status
    }
}

/// All checks.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    overall: &'static str,
    checks: Vec<Check>,
    suggested_actions: Vec<String>,
}

impl Report {
    pub(crate) fn of(checks: Vec<Check>) -> Self {
        let has = |status| checks.iter().any(|check| check.status == status);
        let overall = match (has(Verdict::Failed), has(Verdict::Warning)) {
            (true, _) => "unhealthy",
            (false, true) => "degraded",
            (false, false) => "healthy",
        };
        let suggested_actions = checks.iter().filter_map(|check| check.advice.clone()).collect();
        Self { overall, checks, suggested_actions }
    }

    /// Tells everything to `reader`; the first check that failed decides how the command ends.
    pub(crate) fn tell(&self, ui: &Ui, reader: Mender) -> Result<(), CliError> {
        if ui.is_json() {
            ui.json(self)?
        } else {
            self.show(ui, reader)?
        }
        match self.checks.iter().find(|check| check.has_failed()) {
            Some(first) => Err(CliError::said(first.exit, format!("The check `{}` failed", first.name))),
            None => Ok(()),
        }
    }

    fn show(&self, ui: &Ui, reader: Mender) -> Result<(), CliError> {
        ui.line(&format!("Overall: {}", self.overall))?;
        for check in &self.checks {
            let status = match check.status {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Failed => "failed",
            };
            ui.line(&format!("  [{status:<7}] {} ({})", check.name, check.detail))?;
        }
        let is_the_readers = |check: &Check| check.mender == Some(reader);
        self.show_actions(ui, "Suggested actions:", is_the_readers)?;
        self.show_actions(ui, "For the server's operator:", |check| !is_the_readers(check))
    }

    fn show_actions(&self, ui: &Ui, title: &str, whose: impl Fn(&Check) -> bool) -> Result<(), CliError> {
        let mut actions =
            self.checks.iter().filter(|check| whose(check)).filter_map(|check| check.advice.as_ref()).peekable();
        if actions.peek().is_none() {
            return Ok(());
        }
        ui.line(title)?;
        actions.try_for_each(|action| ui.line(&format!("  - {action}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_decides() {
        let failed = || Check::failed("x", &CliError::failed("broken").with_hint("mend it"));
        assert_eq!(Report::of(vec![Check::ok("a", "")]).overall, "healthy");
        assert_eq!(Report::of(vec![Check::ok("a", ""), Check::warning("b", "", "do")]).overall, "degraded");
        let worst = Report::of(vec![Check::warning("b", "", "do"), failed()]);
        assert_eq!(
            (worst.overall, worst.suggested_actions.as_slice()),
            ("unhealthy", &["do".into(), "mend it".into()][..])
        );
    }

    #[test]
    fn what_is_well_has_no_mender() {
        assert_eq!(Check::ok("a", "").for_the_operator().mender, None);
        assert_eq!(Check::warning("a", "", "").for_the_operator().mender, Some(Mender::Operator));
    }
}
