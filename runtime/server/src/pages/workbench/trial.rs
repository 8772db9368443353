//! A trial: a decoder is given an input by the threads of expensive requests, as by `/v1/decode`.

use champollion_registry::package::{Answer, run};
use champollion_sandbox::Call;
use champollion_sdk::vectors::{DownlinkInput, Hex, Input};

use super::subject::Subject;
use crate::{
    api::Problem,
    at_once::{AtOnce, TooManyAtOnce, UnderWay},
    expensive::Turn,
    pages::viewer::Viewer,
};

/// The name under which all trials of those who have not signed in are counted together.
const EVERYBODY: &str = "everybody";

/// A decoder's answer to an input.
pub(super) struct Tried {
    /// The decoder that was called.
    pub(super) subject: Subject,
    /// The input of the call.
    pub(super) input: Input,
    /// The call of the decoder, with its fuel and its log.
    pub(super) call: Call<Answer>,
    /// The call by which a command that was encoded is read back.
    pub(super) read_back: Option<Call<Answer>>,
}

/// A place among those who try something.
pub(super) struct Place {
    turn: Turn,
    _everybody: Option<UnderWay>,
}

/// Takes a place. Those who have not signed in share as many as one group has, so that they leave room for the others.
///
/// # Errors
/// A [`Problem`] where all places are taken.
pub(super) fn place(viewer: &Viewer, everybody: &AtOnce) -> Result<Place, Problem> {
    let service = viewer.service();
    let limit = service.config.expensive.of_group;
    let shared = match viewer.principal() {
        Some(_) => None,
        None => Some(everybody.begin(EVERYBODY, limit).ok_or_else(|| {
            let (what, setting) = ("trials without an account", "[expensive] of-group");
            Problem::from(TooManyAtOnce { what, setting, limit })
        })?),
    };
    let turn = viewer.expensive_turn(None)?;
    Ok(Place { turn, _everybody: shared })
}

impl Place {
    /// Tries an input with a decoder.
    ///
    /// # Errors
    /// A [`Problem`] where the time of the request is over. A failure of the decoder is an answer.
    pub(super) async fn tried(&self, subject: &Subject, input: &Input) -> Result<Tried, Problem> {
        let call = self.run(subject, input.clone()).await?;
        let read_back = match back(&call, input) {
            Some(input) => Some(self.run(subject, input).await?),
            None => None,
        };
        Ok(Tried { subject: subject.clone(), input: input.clone(), call, read_back })
    }

    async fn run(&self, subject: &Subject, input: Input) -> Result<Call<Answer>, Problem> {
        let subject = subject.clone();
        Ok(self.turn.run(move || run(subject.decoder(), &input)).await?)
    }
}

/// The input by which a command that was encoded is read back.
fn back(call: &Call<Answer>, input: &Input) -> Option<Input> {
    let (Ok(Answer::Downlink(downlink)), Input::Command(command)) = (&call.result, input) else {
        return None;
    };
    let (sent_at, variables) = (command.issued_at, command.variables.clone());
    let (f_port, payload) = (downlink.f_port, Hex(downlink.payload.clone()));
    Some(Input::Downlink(DownlinkInput { f_port, payload, sent_at, variables }))
}
