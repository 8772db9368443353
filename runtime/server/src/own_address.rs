//! The address of the server as people have it, for what must name it whole: feeds, site maps and calls to copy.

use axum::http::{HeaderMap, Uri, header::HOST};

use crate::config::Config;

/// Returns the address without a slash at its end: the one of the settings, or else the one that a request asked.
pub(crate) fn own_address(config: &Config, uri: &Uri, headers: &HeaderMap) -> String {
    let told = config.sign_in.public_address.trim_end_matches('/');
    if !told.is_empty() {
        return told.to_owned();
    }
    let is_https = config.tls.is_on() || config.sign_in.behind_https;
    let scheme = if is_https { "https" } else { "http" };
    let named = uri.authority().map(|authority| authority.as_str());
    let host = named.or_else(|| headers.get(HOST)?.to_str().ok());
    format!("{scheme}://{}", host.filter(|host| is_host(host)).unwrap_or("localhost"))
}

/// Whether a text is a host with or without a port, and nothing that would mean something in a shell or a program.
fn is_host(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !text.is_empty() && text.bytes().all(may_stand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_is_taken_for_one() {
        for host in ["champollion.example", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(is_host(host), "{host}");
        }
        for other in ["", "a b", "a'$(id)", "a\"", "a/b", "<a>"] {
            assert!(!is_host(other), "{other}");
        }
    }
}
