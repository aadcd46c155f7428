//! Random sequences of user, token and session operations by several clients, against the real server and against a
//! simple model (issue 3): every answer is one that the model gives, and at the end both know the same.
//!
//! The model ([`state`], [`rules`], [`continuation`], [`administration`]) is written from the requirements, not from the product. Requests
//! of a step [`AtOnce`](operation::Operation::AtOnce) overlap: then some order of their moments must explain all answers.
//! A failure shrinks to a few steps, told in names. `DA_TEST_LONG=1` plays many more sequences;
//! `PROPTEST_RNG_SEED=N` plays those of a run that failed.

mod administration;
mod call;
mod command_line;
mod continuation;
mod ending;
mod explanation;
mod operation;
mod outcomes;
mod rules;
mod shrinking;
mod state;
mod world;

use std::{cell::RefCell, env};

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use self::{
    operation::Operation,
    shrinking::{Failure, shrunk},
    world::{Difference, Outcomes, World},
};

#[test]
fn random_sequences_do_on_the_server_what_they_do_in_the_model() {
    let is_long = env::var("DA_TEST_LONG").is_ok_and(|value| value == "1");
    let (cases, longest) = if is_long { (300, 60) } else { (14, 50) };
    let mut config = Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(uuid::Uuid::new_v4().as_u64_pair().0);
    }
    let seed = config.rng_seed;
    let outcomes = RefCell::new(Outcomes::new());
    let play = |sequence: &[Operation]| play(sequence, &mut outcomes.borrow_mut());
    let played = TestRunner::new(config)
        .run(&operation::sequences(longest), |sequence| play(&sequence).map_err(TestCaseError::fail));
    match played {
        Ok(()) if is_long => outcomes::are_all_reached(&outcomes.borrow()),
        Ok(()) => {}
        Err(TestError::Fail(difference, sequence)) => {
            let failure = Failure { sequence, difference: difference.to_string() };
            let Failure { difference, .. } = shrunk(failure, play);
            panic!("server and model differ (PROPTEST_RNG_SEED={seed}):\n{difference}")
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn play(sequence: &[Operation], outcomes: &mut Outcomes) -> Result<(), Difference> {
    let mut world = World::new();
    let played = sequence.iter().try_for_each(|operation| world.take(operation));
    let played = played.and_then(|()| ending::compare(&mut world));
    for (outcome, count) in world.outcomes {
        *outcomes.entry(outcome).or_default() += count;
    }
    played
}
