//! Requests that take no body: what a client says in one would be passed over, so it is refused.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use super::{
    Problem,
    extract::{parse_json, read_body},
    secrets::without_odd_names,
};
use crate::service::Service;

/// The body of a request that takes none: nothing, or an object without members, as many clients send it.
pub(super) struct NoBody;

impl FromRequest<Arc<Service>> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let bytes = read_body(request, service.config.http.body_bytes).await?;
        check(&bytes)
    }
}

fn check(bytes: &[u8]) -> Result<NoBody, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Ok(NoBody);
    }
    let said: Option<Map<String, Value>> = parse_json(bytes)?;
    let Some(member) = said.iter().flat_map(Map::keys).next() else { return Ok(NoBody) };
    let member = without_odd_names(member).into_owned();
    let detail = format!(
        "{member} is not looked at, since this request takes no body: leave it out; what there is to say stands in \
         the path and the query"
    );
    Err(Problem::bad_request("invalid-body", detail).with("path", member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_would_be_passed_over_is_refused() {
        for body in ["", " \n", "{}", "null"] {
            assert!(check(body.as_bytes()).is_ok(), "{body}");
        }
        for body in [r#"{"record":"latest"}"#, "[]", "\"latest\"", "record=latest"] {
            assert!(check(body.as_bytes()).is_err(), "{body}");
        }
    }
}
