//! Tokens of machines that a person made who is suspended: they go on, unless they are ended as well.

use champollion_client::{Answer, Client, Person, Token};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::show;
use crate::{Failure, output};

/// Shows a person who was suspended, with the tokens of machines that the person made, and ends these where that is
/// wished for.
pub(super) async fn tell(
    client: &Client,
    suspended: &Answer<Person>,
    are_to_end: bool,
    json: bool,
) -> Result<(), Failure> {
    let made = made_by(client, suspended.id).await?;
    let (mut ended, mut faults) = (Vec::new(), Vec::new());
    for token in made.iter().filter(|_| are_to_end) {
        match client.revoke_token(&token.id).await {
            Ok(()) => ended.push(&token.id),
            Err(error) => faults.push(format!("{}: {error}", token.id)),
        }
    }
    if json {
        let mut whole = suspended.read_as::<Json>()?;
        (whole["madeTokens"], whole["endedTokens"]) = (json!(made), json!(ended));
        output::json(&whole)?;
    } else {
        show(suspended);
        output::line("own tokens and sessions have ended, also for the time after a resumption");
        for token in &made {
            let done = if ended.contains(&&token.id) { "ended" } else { "goes on" };
            output::line(format_args!(
                "token {}, {}, made by this person: {done}",
                token.id,
                output::quoted(&token.name)
            ));
        }
        if !made.is_empty() && !are_to_end {
            output::note(
                "Tokens of machines go on: end those that nobody needs (champollion tokens revoke).",
            );
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::listing("not all tokens are ended", &faults)),
    }
}

/// The tokens of machines that a person made, or that were made by those.
async fn made_by(client: &Client, person: Uuid) -> Result<Vec<Token>, Failure> {
    let mut tokens = client.tokens().await?.into_value().tokens;
    let is_made =
        |token: &Token| token.created_by.as_ref().is_some_and(|maker| maker.person == Some(person));
    tokens.retain(|token| token.person.is_none() && is_made(token));
    Ok(tokens)
}
