//! The reference of the interface: every request with what it takes and answers, out of the document that the server
//! serves, and a form to try it.

mod curl;
mod document;
mod operation;
mod overview;
mod shape;
mod trial;
mod types;
mod words;

use std::sync::Arc;

use axum::{Router, routing::get};
use tokio::sync::OnceCell;

use super::viewer::Viewer;
use crate::{api::Problem, service::Service};
use document::Document;

/// The path of the overview, which all other pages of the reference lie below.
const OVERVIEW: &str = "/reference";

/// The document as it was read. It is made of the types of the binary, so it is the same as long as the server runs.
static DOCUMENT: OnceCell<Document> = OnceCell::const_new();

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/reference", get(overview::show))
        .route("/reference/{operation}", get(operation::show))
        .route("/reference/types/{name}", get(types::show))
}

/// The document of the interface.
async fn document(viewer: &Viewer) -> Result<&'static Document, Problem> {
    DOCUMENT
        .get_or_try_init(|| async { Ok(Document::read(&viewer.get("/openapi.json").await?)) })
        .await
}
