//! The places of roles, which forms of the operator suggest.

use super::values::if_any;
use crate::pages::{
    json::{items, text},
    viewer::Viewer,
};

/// The territory, the partners and the groups, each as a role names it and in the words of people. Of many the first are
/// suggested; the others are written.
pub(super) async fn suggested(viewer: &Viewer) -> Vec<(String, String)> {
    // A form without suggestions is still a form.
    let partners = if_any(viewer, "/v1/partners").await.ok().flatten().unwrap_or_default();
    let quotas = if_any(viewer, "/v1/quotas").await.ok().flatten().unwrap_or_default();
    let partners = items(&partners, "/partners").iter();
    let partners = partners.map(|partner| format!("partner:{}", text(partner, "/id")));
    let groups = items(&quotas, "/quotas").iter();
    let groups = groups.map(|quota| format!("group:{}", text(quota, "/group")));
    let places = std::iter::once("territory".to_owned()).chain(partners).chain(groups);
    places.map(|place| (place.clone(), viewer.place(&place))).collect()
}
