//! The map of the site for search engines: the page of each decoder, and nothing that needs an account.

use axum::{
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use champollion_registry::{CatalogueQuery, CatalogueSort};

use super::path::path_of;
use crate::pages::{own_address::own_address, viewer::Viewer};

/// Addresses that a map may have.
const ADDRESSES: usize = 50_000;

/// Addresses of pages for everybody beside those of decoders.
const PAGES: [&str; 2] = ["/catalogue", "/workbench"];

/// The map of the site.
pub(super) async fn sitemap(viewer: Viewer) -> Response {
    let registry = &viewer.service().registry;
    let places = registry.catalogue_places(&CatalogueQuery::default(), CatalogueSort::Id);
    let pages = PAGES.into_iter().map(str::to_owned);
    let paths = pages.chain(places.iter().map(|place| path_of(&place.id)));
    let map = written(&own_address(&viewer), paths.take(ADDRESSES));
    as_text("application/xml; charset=utf-8", map)
}

/// Hosts and names of decoders hold nothing that XML would have to escape.
fn written(address: &str, paths: impl Iterator<Item = String>) -> String {
    let locations = paths.map(|path| format!("<url><loc>{address}{path}</loc></url>\n"));
    let locations: String = locations.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{locations}</urlset>\n"
    )
}

/// Tells search engines where the map is, and what is not for them.
pub(super) async fn robots(viewer: Viewer) -> Response {
    let address = own_address(&viewer);
    let text = format!(
        "User-agent: *\nDisallow: /v1/\nDisallow: /preferences\nDisallow: /workbench?\n\nSitemap: \
         {address}/sitemap.xml\n"
    );
    as_text("text/plain; charset=utf-8", text)
}

fn as_text(content_type: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_names_whole_addresses() {
        let paths = ["/catalogue".to_owned(), "/catalogue/acme/meter".to_owned()];
        let map = written("https://champollion.example", paths.into_iter());
        assert!(map.contains("<loc>https://champollion.example/catalogue/acme/meter</loc>"));
        assert_eq!(map.matches("<url>").count(), 2);
    }
}
