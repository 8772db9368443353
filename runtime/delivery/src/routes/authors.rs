//! Authors of a route: of its first version and of its last change.

use champollion_store::{Batch, Store, Table, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{mailbox::DeliveryError, names::RouteKey};

const AUTHORS: Table<RouteKey, Authors> = Table::new(tables::ROUTE_AUTHORS);

/// The author of a change: the token that was presented, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Author {
    /// The id of the token.
    pub token: String,
    /// The name of the token.
    pub name: String,
    /// The moment of the change.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The authors of a route. A route of an earlier version has none until it is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authors {
    /// The author of the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<Author>,
    /// The author of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Author>,
    /// The author of its pause, while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<Author>,
}

impl Authors {
    /// Those of a route that is made.
    pub(crate) fn of_new(author: &Author, paused: bool) -> Self {
        let paused_by = paused.then(|| author.clone());
        Self { made_by: Some(author.clone()), changed_by: None, paused_by }
    }

    /// The same once the route is changed: from whether it was paused to whether it is.
    pub(crate) fn with_change(self, author: &Author, was_paused: bool, paused: bool) -> Self {
        let paused_by = match (was_paused, paused) {
            (_, false) => None,
            (true, true) => self.paused_by,
            (false, true) => Some(author.clone()),
        };
        Self { changed_by: Some(author.clone()), paused_by, ..self }
    }

    pub(crate) async fn read(store: &dyn Store, key: &RouteKey) -> Result<Self, DeliveryError> {
        Ok(AUTHORS.get(store, key).await?.unwrap_or_default())
    }

    pub(crate) fn put(&self, batch: &mut Batch, key: &RouteKey) -> Result<(), DeliveryError> {
        Ok(AUTHORS.put(batch, key, self)?)
    }

    pub(crate) fn delete(batch: &mut Batch, key: &RouteKey) {
        AUTHORS.delete(batch, key);
    }
}
