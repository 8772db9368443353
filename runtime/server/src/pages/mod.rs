//! Pages for people, rendered by the server: the catalogue, the workbench, what partners and operators look at. They
//! ask the same endpoints as programs do, so they obey the same rights.

mod account;
mod assets;
mod banner;
mod catalogue;
mod clocks;
mod connectivity;
mod content_policy;
mod failure;
mod forgery;
mod json;
mod language;
mod layout;
mod natural_order;
mod navigation;
mod operator;
mod own_address;
mod partner;
mod parts;
mod preferences;
mod reference;
mod requests;
mod sign_in;
mod statements;
mod status;
mod submission;
mod tables;
mod terms;
mod theme;
mod told;
mod viewer;
mod workbench;
mod written;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use tower_http::compression::CompressionLayer;

pub(crate) use terms::QuantityNames;

use crate::{api, service::Service};

/// Returns the pages as the interface takes them in.
pub(crate) fn pages() -> api::Pages {
    api::Pages { routes: routes(), shown, wants_page: failure::wants_page }
}

fn routes() -> Router<Arc<Service>> {
    Router::new()
        .merge(account::routes())
        .merge(assets::routes())
        .merge(catalogue::routes())
        .merge(operator::routes())
        .merge(partner::routes())
        .merge(preferences::routes())
        .merge(reference::routes())
        .merge(requests::routes())
        .merge(sign_in::routes())
        .merge(statements::routes())
        .merge(status::routes())
        .merge(tables::routes())
        .merge(workbench::routes())
        // Forms have bounds of their own.
        .layer(DefaultBodyLimit::disable())
        .layer(CompressionLayer::new())
}

/// Shows people a page where programs get a problem.
fn shown(all: Router<Arc<Service>>, service: &Arc<Service>) -> Router<Arc<Service>> {
    all.layer(middleware::from_fn_with_state(Arc::clone(service), failure::shown))
}
