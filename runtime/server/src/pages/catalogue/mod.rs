//! The catalogue: which devices are decoded, into which fields and units, and how to call that. Open to everybody.

mod call;
mod cells;
mod contents;
mod derivation;
mod entry;
mod examples;
mod feed;
mod filters;
mod list;
mod negotiation;
mod path;
mod publications;
mod sitemap;
mod state;
mod versions;

use std::sync::Arc;

use axum::{Extension, Router, routing::get};

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(list::list))
        .route("/catalogue", get(list::list))
        .route("/catalogue.atom", get(feed::feed))
        .route("/catalogue.json", get(negotiation::list_as_json))
        .route("/catalogue/{vendor}/{model}", get(entry::newest))
        .route("/catalogue/{vendor}/{model}/{version}", get(entry::of_version))
        .route("/sitemap.xml", get(sitemap::sitemap))
        .route("/robots.txt", get(sitemap::robots))
        .layer(Extension(publications::Publications::default()))
}
