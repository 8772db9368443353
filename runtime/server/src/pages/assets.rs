//! The style, the script and the icon of pages. Their names hold their digests, so that browsers keep them for good.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use champollion_sandbox::Digest;

use crate::service::Service;

/// Digits of the digest in a name.
const DIGITS: usize = 16;

/// A file that pages need.
pub(super) struct Asset {
    path: String,
    content_type: &'static str,
    content: &'static str,
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("style", "css", "text/css", include_str!("assets/style.css")));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::of("champollion", "js", "text/javascript", include_str!("assets/champollion.js"))
});
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

impl Asset {
    fn of(name: &str, end: &str, content_type: &'static str, content: &'static str) -> Self {
        let digest = Digest::of(content.as_bytes()).hex();
        let digits = digest.get(..DIGITS).unwrap_or(&digest);
        Self { path: format!("/assets/{name}-{digits}.{end}"), content_type, content }
    }

    /// The path at which the file is served.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn answer(&self) -> Response {
        let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
        let content_type = HeaderValue::from_static(self.content_type);
        ([(CACHE_CONTROL, kept), (CONTENT_TYPE, content_type)], self.content).into_response()
    }
}

/// Returns the style of all pages.
pub(super) fn style() -> &'static Asset {
    &STYLE
}

/// Returns the script of all pages.
pub(super) fn script() -> &'static Asset {
    &SCRIPT
}

/// Returns the icon of the site.
pub(super) fn icon() -> &'static Asset {
    &ICON
}

pub(super) fn routes() -> Router<Arc<Service>> {
    let assets = [style(), script(), icon()];
    assets.into_iter().fold(Router::new(), |router, asset| {
        router.route(asset.path(), get(move || async move { asset.answer() }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_and_the_script_are_small() {
        assert!(style().content.len() < 20_000, "{}", style().content.len());
        assert!(script().content.len() < 20_000, "{}", script().content.len());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in [style(), script(), icon()] {
            let own = asset.content.replace("http://www.w3.org/2000/svg", "");
            assert!(!own.contains("http://") && !own.contains("https://"), "{}", asset.path);
        }
    }
}
