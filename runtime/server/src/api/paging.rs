//! Pages of lists: so many items and so many bytes at once, and where to go on.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// Most items of one answer, also where the client does not say how many.
pub(super) const ITEMS: usize = 1_000;

/// The parameters of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Where the page before ended: its `next`.
    pub(super) after: Option<String>,
    /// The most items of an answer.
    pub(super) limit: Option<usize>,
}

/// The end of a page.
#[derive(Serialize)]
pub(super) struct PageEnd {
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Whether there are more items.
    more: bool,
}

/// Returns the number of items of an answer.
pub(super) fn limit(wanted: Option<usize>) -> usize {
    wanted.unwrap_or(ITEMS).clamp(1, ITEMS)
}

/// A page of the first items, as many as fit, of which there is at least one where there are any. No more of
/// them are made than one beyond the page. `place` is what the next page is asked for with.
pub(super) fn page<T: Serialize>(
    items: impl IntoIterator<Item = T>,
    limit: usize,
    bytes: usize,
    before: Option<String>,
    place: impl Fn(&T) -> String,
) -> (Vec<T>, PageEnd) {
    let (mut page, mut counted, mut more) = (Vec::new(), Counted(0), false);
    for item in items {
        // What cannot be written is said where the answer is.
        drop(serde_json::to_writer(&mut counted, &item));
        if page.len() == limit || counted.0 > bytes && !page.is_empty() {
            more = true;
            break;
        }
        page.push(item);
    }
    let next = page.last().map(place).or(before);
    (page, PageEnd { next, more })
}

/// A writer that counts bytes.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paged(items: &[&str], limit: usize, bytes: usize) -> (usize, Option<String>, bool) {
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        let (items, end) = page(items, limit, bytes, Some("before".to_owned()), String::clone);
        (items.len(), end.next, end.more)
    }

    #[test]
    fn a_page_is_bounded_in_items_and_in_bytes() {
        let next = |text: &str| Some(text.to_owned());
        assert_eq!(paged(&["a", "b", "c"], 3, 100), (3, next("c"), false));
        assert_eq!(paged(&["a", "b", "c"], 2, 100), (2, next("b"), true));
        // Each takes three bytes.
        assert_eq!(paged(&["a", "b", "c"], 3, 8), (2, next("b"), true));
        assert_eq!(paged(&["a", "b", "c"], 3, 1), (1, next("a"), true));
        assert_eq!(paged(&[], 3, 1), (0, next("before"), false));
        assert_eq!((limit(None), limit(Some(0)), limit(Some(5_000))), (1_000, 1, 1_000));
    }
}
