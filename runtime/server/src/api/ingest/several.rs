//! The messages of one request, which are several of network servers that hand over lists.

use champollion_lns::{Heard, Unreadable};

use super::Problem;
use crate::{
    ingest::{Origin, Receipt},
    service::Service,
};

/// The receipts of a request.
pub(super) enum Receipts {
    /// The receipt of the only message.
    One(Receipt),
    /// The receipts of several messages, in their order.
    Several(Vec<Receipt>),
}

/// Takes all messages of a request, one after another: what is wrong with one costs no other. A request can be
/// answered only once: where some are not taken, by the problem of the first that may be sent again, since
/// those that were taken are known again then; else by that of the first.
pub(super) async fn take(
    service: &Service,
    messages: Vec<Result<Heard, Unreadable>>,
    origin: &Origin<'_>,
) -> Result<Receipts, Problem> {
    let mut results = Vec::with_capacity(messages.len());
    for heard in messages {
        results.push(take_one(service, heard, origin).await);
    }
    answered(results)
}

/// The one answer to several messages, by what became of each, in their order.
pub(super) fn answered(results: Vec<Result<Receipt, Problem>>) -> Result<Receipts, Problem> {
    let (mut receipts, mut problem) = (Vec::with_capacity(results.len()), None);
    for result in results {
        match result {
            Ok(receipt) => receipts.push(receipt),
            Err(new) => {
                problem = Some(match problem {
                    None => new,
                    Some(first) => weightier(first, new),
                });
            }
        }
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    match receipts.len() {
        1 => Ok(Receipts::One(receipts.remove(0))),
        _ => Ok(Receipts::Several(receipts)),
    }
}

async fn take_one(
    service: &Service,
    heard: Result<Heard, Unreadable>,
    origin: &Origin<'_>,
) -> Result<Receipt, Problem> {
    Ok(service.messages.take(heard?, origin).await?)
}

/// The first of two problems, or the second where that passes and the first does not.
fn weightier(first: Problem, second: Problem) -> Problem {
    if passes(&second) && !passes(&first) { second } else { first }
}

/// Whether a message with this problem is to be sent again.
fn passes(problem: &Problem) -> bool {
    let status = problem.status();
    status.is_server_error() || status == axum::http::StatusCode::TOO_MANY_REQUESTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_that_passes_outweighs_one_that_stays() {
        let (stays, passes) = (
            || Problem::bad_request("invalid-body", "x"),
            || Problem::unavailable("not-kept", "x"),
        );
        assert_eq!(weightier(stays(), passes()).code(), "not-kept");
        assert_eq!(weightier(passes(), stays()).code(), "not-kept");
        let first = weightier(stays(), Problem::bad_request("other-format", "x"));
        assert_eq!(first.code(), "invalid-body");
    }
}
