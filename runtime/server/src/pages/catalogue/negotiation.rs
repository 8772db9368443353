//! JSON of the catalogue for those who ask for it: by `Accept`, or by `.json` at the end of an address.

use axum::{
    http::{HeaderMap, Method, header::ACCEPT},
    response::Response,
};

use crate::{
    api::Problem,
    pages::{failure::wants_page, viewer::Viewer},
};

/// The end of an address that asks for JSON.
const END: &str = ".json";

/// Whether a request asks for JSON, and not for a page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let names_json = accepted.flat_map(|all| all.split(',')).any(|one| {
        let name = one.split(';').next().unwrap_or_default().trim();
        name == "application/json"
    });
    names_json && !wants_page(headers)
}

/// Returns the last part of an address without what asks for JSON, and whether it does.
pub(super) fn without_end(part: &str) -> (&str, bool) {
    part.strip_suffix(END).map_or((part, false), |part| (part, true))
}

/// Answers as the interface does at a path below `/v1/catalogue`.
pub(super) async fn as_json(viewer: &Viewer, below: &str) -> Result<Response, Problem> {
    viewer.pass((Method::GET, &format!("/v1/catalogue{below}")), None).await
}

/// The catalogue as the interface gives it, with the query of the address.
pub(super) async fn list_as_json(viewer: Viewer) -> Result<Response, Problem> {
    let query = viewer.uri().query().map(|query| format!("?{query}"));
    as_json(&viewer, &query.unwrap_or_default()).await
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_for_those_who_name_it_and_no_page() {
        let wants = |accept: &'static str| {
            wants_json(&[(ACCEPT, HeaderValue::from_static(accept))].into_iter().collect())
        };
        assert!(wants("application/json"));
        assert!(wants("text/plain, application/json;q=0.9"));
        assert!(!wants("text/html, application/json"));
        assert!(!wants("*/*"));
        assert_eq!(without_end("1.2.0.json"), ("1.2.0", true));
        assert_eq!(without_end("meter"), ("meter", false));
    }
}
