//! The Content-Security-Policy of pages: everything comes from this server, and no script or style stands in a page.

use axum::http::HeaderValue;

/// The policy of a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Returns the policy of a page that loads images from further origins, such as the tiles of a map.
pub(super) fn policy(images_of: &[String]) -> HeaderValue {
    let further: String = images_of.iter().map(|origin| format!(" {origin}")).collect();
    let policy = POLICY.replace("img-src 'self'", &format!("img-src 'self'{further}"));
    policy.parse().unwrap_or(HeaderValue::from_static(POLICY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_come_from_elsewhere() {
        assert_eq!(policy(&[]), POLICY);
        let with_tiles = policy(&["https://tiles.example".to_owned()]);
        let with_tiles = with_tiles.to_str().unwrap();
        assert!(with_tiles.contains("img-src 'self' https://tiles.example;"));
        assert!(with_tiles.contains("script-src 'self';"));
        assert!(!with_tiles.contains("unsafe"));
    }
}
