//! The choices of a person about all pages: the language and the colours. They are kept in cookies, and in no account.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{language::Language, theme::Theme, viewer::Viewer};
use crate::service::Service;

/// The time for which a choice is kept, in seconds: a year.
const KEPT_SECONDS: u32 = 365 * 24 * 60 * 60;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/preferences", get(choose))
}

/// Keeps what is chosen, and goes back. It is a link, so that it works on each page without script and in each state.
async fn choose(viewer: Viewer) -> Response {
    let language = viewer.parameter("language").and_then(|code| Language::of_code(&code));
    let theme = viewer.parameter("theme").and_then(|word| Theme::of(&word));
    let back = viewer.parameter("back").filter(|path| is_own_path(path));
    let mut response = Redirect::to(back.as_deref().unwrap_or("/")).into_response();
    let cookies = [
        language.and_then(|language| cookie(Language::COOKIE, language.code())),
        theme.and_then(|theme| cookie(Theme::COOKIE, theme.word())),
    ];
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The cookie of a choice.
pub(super) fn cookie(name: &str, word: &str) -> Option<HeaderValue> {
    format!("{name}={word}; Path=/; SameSite=Lax; Max-Age={KEPT_SECONDS}").parse().ok()
}

/// Whether a text is a path of this server, and not the address of another one that begins like a path.
pub(super) fn is_own_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_server_are_gone_back_to() {
        for own in ["/", "/catalogue/acme/meter?lang=fr"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb"] {
            assert!(!is_own_path(other), "{other}");
        }
    }
}
