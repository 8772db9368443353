//! The groups of a viewer, and the places within which a viewer gives roles.

use std::collections::BTreeSet;

use champollion_fleet::grants::Place;
use serde_json::Value as Json;

use super::frame::get_if_any;
use crate::{
    api::Problem,
    pages::{json::items, natural_order::natural, viewer::Viewer},
};

/// The quotas of the whole groups of a viewer, by their names; none where the viewer has parts of groups alone.
pub(super) async fn quotas(viewer: &Viewer) -> Result<Vec<Json>, Problem> {
    let found = get_if_any(viewer, "/v1/quotas").await?.unwrap_or_default();
    Ok(items(&found, "/quotas").to_vec())
}

/// The names of the whole groups of a viewer.
pub(super) async fn names(viewer: &Viewer) -> Result<Vec<String>, Problem> {
    let quotas = quotas(viewer).await?;
    let names = quotas.iter().filter_map(|quota| quota.get("group")?.as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_by_cached_key(|name| natural(name));
    Ok(names)
}

/// Words as the choices of a field, each its own text.
pub(super) fn choices(names: &[String]) -> Vec<(String, String)> {
    names.iter().map(|name| (name.clone(), name.clone())).collect()
}

/// Places as the choices of a field, each in the words of people.
pub(super) fn choices_of_places(viewer: &Viewer, places: &[String]) -> Vec<(String, String)> {
    places.iter().map(|place| (place.clone(), viewer.place(place))).collect()
}

/// The choices of names with an empty choice in front, of a text of its own.
pub(super) fn choices_or(names: &[String], none: String) -> Vec<(String, String)> {
    let none = (String::new(), none);
    std::iter::once(none).chain(choices(names)).collect()
}

/// The places of a viewer's own roles, and the groups within them.
pub(super) async fn places(viewer: &Viewer) -> Result<Vec<String>, Problem> {
    let standings = viewer.principal().map(|own| own.standings.as_slice()).unwrap_or_default();
    let own = standings.iter().filter_map(|standing| standing.place.as_ref()).map(Place::to_string);
    let groups = names(viewer).await?.into_iter().map(|name| format!("group:{name}"));
    let places: BTreeSet<String> = own.chain(groups).collect();
    Ok(places.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_none_stands_in_front() {
        let offered = choices_or(&["water".to_owned()], "all".to_owned());
        let expected = [("", "all"), ("water", "water")];
        assert_eq!(offered, expected.map(|(word, text)| (word.to_owned(), text.to_owned())));
    }
}
