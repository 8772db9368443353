//! The document as it is served, read once: it is made of the types of the binary, so it is the same as long as the server
//! runs.

use tokio::sync::OnceCell;

use super::document::Document;
use crate::{api::Problem, pages::viewer::Viewer};

static DOCUMENT: OnceCell<Document> = OnceCell::const_new();

/// The document of the interface.
pub(super) async fn document(viewer: &Viewer) -> Result<&'static Document, Problem> {
    DOCUMENT
        .get_or_try_init(|| async { Ok(Document::read(&viewer.get("/openapi.json").await?)) })
        .await
}
