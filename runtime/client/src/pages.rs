//! Lists that come in pages: followed until there is no more, or enough.

use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::{Answer, ClientError, client::text};

/// A list whose items are a member of the answer, with those of all pages. `request` asks for a page: the first
/// one, or the one after a place. No more than `most` items are asked for.
pub(crate) async fn all<T: DeserializeOwned>(
    member: &'static str,
    most: Option<usize>,
    request: impl Fn() -> RequestBuilder,
) -> Result<Answer<T>, ClientError> {
    let asked = |left: Option<usize>| match left {
        Some(left) => request().query(&[("limit", left)]),
        None => request(),
    };
    let first = text(asked(most)).await?;
    let mut page: Map<String, Json> =
        serde_json::from_str(&first).map_err(ClientError::Unreadable)?;
    let mut items = taken(&mut page, member);
    if after(&page, items.len(), most).is_none() {
        // As it came, also where a later server says more than is known here.
        return Answer::read(first);
    }
    while let Some(place) = after(&page, items.len(), most) {
        let left = most.map(|most| most - items.len());
        let next = text(asked(left).query(&[("after", place)])).await?;
        page = serde_json::from_str(&next).map_err(ClientError::Unreadable)?;
        let more = taken(&mut page, member);
        if more.is_empty() {
            break;
        }
        items.extend(more);
    }
    page.insert(member.to_owned(), Json::Array(items));
    Answer::read(Json::Object(page).to_string())
}

/// Where to go on, where there is more and more is wanted.
fn after(page: &Map<String, Json>, count: usize, most: Option<usize>) -> Option<String> {
    let is_enough = most.is_some_and(|most| count >= most);
    if is_enough || page.get("more") != Some(&Json::Bool(true)) {
        return None;
    }
    page.get("next")?.as_str().map(str::to_owned)
}

/// Takes the items out of a page.
fn taken(page: &mut Map<String, Json>, member: &str) -> Vec<Json> {
    match page.remove(member) {
        Some(Json::Array(items)) => items,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(json: Json) -> Map<String, Json> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_list_is_followed_where_there_is_more_and_more_is_wanted() {
        let more = page(json!({ "next": "b", "more": true }));
        assert_eq!(after(&more, 2, None).as_deref(), Some("b"));
        assert_eq!(after(&more, 2, Some(3)).as_deref(), Some("b"));
        assert_eq!(after(&more, 3, Some(3)), None);
        assert_eq!(after(&page(json!({ "next": "b", "more": false })), 2, None), None);
        // A server from before there were pages.
        assert_eq!(after(&page(json!({})), 2, None), None);
    }

    #[test]
    fn items_are_taken_out_of_their_page() {
        let mut some = page(json!({ "devices": [1, 2], "more": false }));
        assert_eq!(taken(&mut some, "devices"), [json!(1), json!(2)]);
        assert_eq!(Json::Object(some), json!({ "more": false }));
        assert!(taken(&mut page(json!({})), "devices").is_empty());
    }
}
