//! Pages of lists: so many items and so many bytes at once, and where to go on.

use bytes::{BufMut, BytesMut};
use champollion_delivery::formats::Layout;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Most items of one answer, also where the client does not say how many.
const ITEMS: usize = 1_000;

/// The parameters of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Where the page before ended: its `next`.
    pub(super) after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    pub(super) limit: Option<usize>,
}

/// The parameters of a list that can be had as a table.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct TableListing {
    /// Where the page before ended: its `next`.
    pub(super) after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "limit")]
    pub(super) limit: Option<usize>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    pub(super) layout: Option<Layout>,
}

/// Reads the number of items of an answer, of which there is at least one.
pub(super) fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom("0 asks for nothing: say 1 or more, or leave it out")),
        limit => Ok(Some(limit)),
    }
}

/// The page that is asked for.
pub(super) struct Window {
    /// Where the page before ended.
    after: Option<String>,
    limit: usize,
    bytes: usize,
    /// Whether the client knows of pages: it says one of the two.
    is_asked_for: bool,
}

/// The end of a page. It stands beside the items where there are more, or where the client knows of pages: a
/// short list is what it always was.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PageEnd {
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Whether there are more items.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
}

impl Window {
    /// The page after a place, of so many items as are asked for, or of as many as there may be, and of at most
    /// so many bytes.
    pub(super) fn new(after: Option<String>, limit: Option<usize>, bytes: usize) -> Self {
        Self::of(after, limit, (ITEMS, ITEMS), bytes)
    }

    /// The same with another number of items where nothing is said, and another largest one.
    pub(super) fn of(
        after: Option<String>,
        limit: Option<usize>,
        (usual, most): (usize, usize),
        bytes: usize,
    ) -> Self {
        let is_asked_for = after.is_some() || limit.is_some();
        Self { after, limit: limit.unwrap_or(usual).clamp(1, most), bytes, is_asked_for }
    }

    /// The same for a list that always says where it ends.
    pub(super) fn with_end(self) -> Self {
        Self { is_asked_for: true, ..self }
    }

    /// The number of items that are looked up: one more than are shown says that there are more.
    pub(super) fn lookups(&self) -> usize {
        self.limit + 1
    }
}

/// A page of the first items, as many as fit, of which there is at least one where there are any. No more of
/// them are made than one beyond the page. `place` is what the next page is asked for with.
pub(super) fn page<T: Serialize>(
    items: impl IntoIterator<Item = T>,
    window: Window,
    place: impl Fn(&T) -> String,
) -> (Vec<T>, PageEnd) {
    let (mut page, mut bytes, mut more) = (Vec::new(), 0, false);
    // Written as answers are, so that no item's serializer is compiled for another writer.
    let mut written = BytesMut::new().writer();
    for item in items {
        written.get_mut().clear();
        // What cannot be written is said where the answer is.
        drop(serde_json::to_writer(&mut written, &item));
        bytes += written.get_ref().len();
        if page.len() == window.limit || bytes > window.bytes && !page.is_empty() {
            more = true;
            break;
        }
        page.push(item);
    }
    if !more && !window.is_asked_for {
        return (page, PageEnd { next: None, more: None });
    }
    let next = page.last().map(place).or(window.after);
    (page, PageEnd { next, more: Some(more) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paged(
        items: &[&str],
        after: Option<&str>,
        limit: Option<usize>,
        bytes: usize,
    ) -> (usize, Option<String>, Option<bool>) {
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        let window = Window::new(after.map(str::to_owned), limit, bytes);
        let (items, end) = page(items, window, String::clone);
        (items.len(), end.next, end.more)
    }

    #[test]
    fn a_page_is_bounded_in_items_and_in_bytes() {
        let next = |text: &str| Some(text.to_owned());
        let all = ["a", "b", "c"];
        assert_eq!(paged(&all, None, Some(3), 100), (3, next("c"), Some(false)));
        assert_eq!(paged(&all, None, Some(2), 100), (2, next("b"), Some(true)));
        // Each takes three bytes.
        assert_eq!(paged(&all, None, None, 8), (2, next("b"), Some(true)));
        assert_eq!(paged(&all, None, None, 1), (1, next("a"), Some(true)));
        assert_eq!(paged(&[], Some("before"), None, 1), (0, next("before"), Some(false)));
    }

    #[test]
    fn a_short_list_is_what_it_always_was() {
        assert_eq!(paged(&["a", "b"], None, None, 100), (2, None, None));
        assert_eq!(paged(&[], None, None, 100), (0, None, None));
    }
}
