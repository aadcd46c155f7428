//! Whether the model can explain what a server answered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    call::Call,
    rules::{Progress, Reply, Request},
    state::{SOMETHING, State},
};
use crate::support::Answer;

/// A request and what became of it.
pub(super) type Exchange = (Request, Answer);

/// Returns every state that the server may be in after these exchanges, which overlapped: one for each order of their
/// moments that explains all answers. `misfits` collects where the others failed.
pub(super) fn explain(before: &State, exchanges: &[Exchange], misfits: &mut BTreeSet<String>) -> Vec<State> {
    let mut search = Search { exchanges, misfits, found: Vec::new() };
    search.from(before, &vec![Progress::Arrived; exchanges.len()]);
    search.found
}

struct Search<'a> {
    exchanges: &'a [Exchange],
    misfits: &'a mut BTreeSet<String>,
    found: Vec<State>,
}

impl Search<'_> {
    /// Lets each request that is not answered yet be the next one to have a moment.
    fn from(&mut self, state: &State, progress: &[Progress]) {
        let is_open = |one: &Progress| !matches!(one, Progress::Answered(_));
        if !progress.iter().any(is_open) {
            if !self.found.contains(state) {
                self.found.push(state.clone());
            }
            return;
        }
        for index in (0..progress.len()).filter(|index| is_open(&progress[*index])) {
            let (request, answer) = &self.exchanges[index];
            let (mut state, mut progress) = (state.clone(), progress.to_vec());
            progress[index] = state.step(request, progress[index].clone(), answer);
            match &progress[index] {
                Progress::Answered(reply) if !fits(reply, request, answer) => {
                    self.misfits.insert(misfit(reply, request));
                }
                _ => self.from(&state, &progress),
            }
        }
    }
}

fn misfit(Reply { status, body }: &Reply, request: &Request) -> String {
    format!("to {}. the model answers {status} {body}", request.number)
}

fn fits(reply: &Reply, request: &Request, answer: &Answer) -> bool {
    if reply.status != answer.status {
        return false;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match &request.call {
        Call::OwnTokens | Call::Tokens { .. } if reply.status == 200 => {
            newest_first(&body) && agrees(&reply.body, &by_id(&body))
        }
        Call::OwnSessions | Call::Sessions { .. } if reply.status == 200 => {
            agrees(&reply.body["items"], &by_id(&body["items"]))
        }
        _ => agrees(&reply.body, &body),
    }
}

/// Tells whether `body` is what is expected; members that the model does not know are free.
fn agrees(expected: &Value, body: &Value) -> bool {
    match (expected, body) {
        (Value::String(text), body) if text == SOMETHING => !body.is_null(),
        (Value::Array(expected), Value::Array(body)) => {
            expected.len() == body.len() && expected.iter().zip(body).all(|(expected, one)| agrees(expected, one))
        }
        (Value::Object(expected), Value::Object(body)) => {
            let null = Value::Null;
            expected.iter().all(|(name, value)| agrees(value, body.get(name).unwrap_or(&null)))
        }
        (expected, body) => expected == body,
    }
}

/// Wire times are texts of one form, so that they compare as texts.
fn newest_first(body: &Value) -> bool {
    let rows = body.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.is_sorted_by_key(|row| std::cmp::Reverse(row["created_at"].as_str().unwrap_or_default()))
}

/// Returns the rows in the order in which the model keeps them.
fn by_id(body: &Value) -> Value {
    let mut rows = body.as_array().cloned().unwrap_or_default();
    rows.sort_by(|one, other| one["id"].as_str().cmp(&other["id"].as_str()));
    Value::Array(rows)
}
