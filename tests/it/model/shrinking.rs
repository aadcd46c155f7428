//! From a sequence that fails to a short one that does.
//!
//! The library's own way, value by value, takes hundreds of runs of a server and stops at sequences that could be
//! shorter. Steps name things loosely and the story tells what they meant, so it is enough to take steps away.

use super::{operation::Operation, world::Difference};

/// Sequences played before a failure is shown as it is then.
const MOST: usize = 300;

/// A sequence that fails, and how.
pub(super) struct Failure {
    pub(super) sequence: Vec<Operation>,
    pub(super) difference: Difference,
}

/// Returns a failure from which no step can be taken away; `play` tells how a sequence fails, if it does.
pub(super) fn shrunk(mut failure: Failure, play: impl Fn(&[Operation]) -> Result<(), Difference>) -> Failure {
    let mut left = MOST;
    let mut attempt = |failure: &mut Failure, sequence: Vec<Operation>| {
        left = left.saturating_sub(1);
        // What depends on who comes first may need some tries to go wrong again.
        let tries = if sequence.iter().any(|step| matches!(step, Operation::AtOnce(_))) { 3 } else { 1 };
        let played = if left > 0 { (0..tries).try_for_each(|_| play(&sequence)) } else { Ok(()) };
        played.is_err_and(|difference| {
            *failure = Failure { sequence, difference };
            true
        })
    };
    let mut size = failure.sequence.len() / 2;
    loop {
        let changed = take_away(&mut failure, size, &mut attempt) | (size <= 1 && line_up(&mut failure, &mut attempt));
        if size <= 1 && !changed {
            return failure;
        }
        size = (size / 2).max(1);
    }
}

/// Takes away as many steps in a row, wherever it still fails without them; the last ones first.
fn take_away(
    failure: &mut Failure,
    size: usize,
    attempt: &mut impl FnMut(&mut Failure, Vec<Operation>) -> bool,
) -> bool {
    let mut changed = false;
    let mut end = failure.sequence.len();
    while end > 0 {
        let start = end.saturating_sub(size.max(1));
        let mut sequence = failure.sequence.clone();
        sequence.drain(start..end);
        changed |= attempt(failure, sequence);
        end = start;
    }
    changed
}

/// Sends one after the other what was sent at once, wherever it fails like that too.
fn line_up(failure: &mut Failure, attempt: &mut impl FnMut(&mut Failure, Vec<Operation>) -> bool) -> bool {
    let mut changed = false;
    for index in (0..failure.sequence.len()).rev() {
        if let Operation::AtOnce(deeds) = &failure.sequence[index] {
            let lined_up: Vec<Operation> = deeds.iter().cloned().map(Operation::Alone).collect();
            let mut sequence = failure.sequence.clone();
            sequence.splice(index..=index, lined_up);
            changed |= attempt(failure, sequence);
        }
    }
    changed
}

#[test]
fn a_failure_shrinks_to_the_steps_that_matter() {
    let step = |credential| Operation::Take { client: 0, credential };
    let sequence: Vec<Operation> = (0..50).map(step).collect();
    let numbers = |sequence: &[Operation]| -> Vec<usize> {
        let number = |step: &Operation| if let Operation::Take { credential, .. } = step { *credential } else { 0 };
        sequence.iter().map(number).collect()
    };
    // Fails with 7, 31 and one of 40 to 49.
    let play = |sequence: &[Operation]| {
        let numbers = numbers(sequence);
        let fails = numbers.contains(&7) && numbers.contains(&31) && numbers.iter().any(|number| *number >= 40);
        if fails { Err(format!("{numbers:?}")) } else { Ok(()) }
    };
    let difference = play(&sequence).unwrap_err();
    let short = shrunk(Failure { sequence, difference }, play);
    assert_eq!(numbers(&short.sequence), [7, 31, 40]);
    assert_eq!(short.difference, "[7, 31, 40]");
}
