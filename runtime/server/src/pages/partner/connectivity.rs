//! The figures of connectivity of a partner's groups.

use std::sync::Arc;

use axum::{Router, response::Response, routing::get};

use super::frame::partner_page;
use crate::{
    api::Problem,
    pages::{connectivity, layout::Page, viewer::Viewer},
    service::Service,
};

/// The path of the figures.
const FIGURES: &str = "/partner/quality";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/quality", get(figures))
        .route("/partner/quality/workbook", get(workbook))
}

async fn figures(viewer: Viewer) -> Result<Page, Problem> {
    let content = connectivity::content(&viewer, FIGURES).await?;
    Ok(partner_page(&viewer, &viewer.say("quality-title"), content))
}

async fn workbook(viewer: Viewer) -> Result<Response, Problem> {
    connectivity::workbook(&viewer).await
}
