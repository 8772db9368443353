//! The page on which a person chooses a password by a one-time link. The secret of the link stands behind its `#`, so
//! it is in no log of a server or a proxy.

use axum::{
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// The path of the page, with the sign that the secret follows.
pub(super) const PAGE_OF_LINK: &str = "/choose-password#";

/// The policy of the page: it loads its script, and asks this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

#[utoipa::path(
    get,
    path = "/choose-password",
    operation_id = "getPasswordPage",
    tag = "people",
    summary = "Get the page on which a person chooses a password",
    responses((
        status = 200,
        description = "The page, in English and French.",
        body = String,
        content_type = "text/html",
    )),
)]
pub(super) async fn page() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, include_str!("choose_password/page.html")).into_response()
}

#[utoipa::path(
    get,
    path = "/choose-password.js",
    operation_id = "getPasswordScript",
    tag = "people",
    summary = "Get the script of the page on which a person chooses a password",
    responses((
        status = 200,
        description = "The script.",
        body = String,
        content_type = "text/javascript",
    )),
)]
pub(super) async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("choose_password/script.js")).into_response()
}
