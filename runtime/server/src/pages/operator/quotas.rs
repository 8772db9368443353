//! The quotas of groups: what each has of what it may have.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{sections, values::part_of};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        viewer::Viewer,
    },
};

/// The share of a quota from which on its use is marked, in tenths.
const NEARLY_ALL: u64 = 9;

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(&viewer, "/v1/quotas", &[])).await?;
    let mut table = Table::new(viewer.say("operator-quotas-title"))
        .column(viewer.say("operator-storage-group"))
        .numbers(viewer.say("operator-quotas-devices"))
        .numbers(viewer.say("operator-quotas-routes"))
        .numbers(viewer.say("operator-quotas-tokens"))
        .numbers(viewer.say("operator-quotas-commands"))
        .numbers(viewer.say("operator-quotas-waiting"))
        .numbers(viewer.say("operator-quotas-streams"))
        .numbers(viewer.say("operator-quotas-messages"))
        .numbers(viewer.say("operator-quotas-mails"))
        .column(viewer.say("operator-quotas-priority"));
    for quotas in items(&list, "/quotas") {
        table.row(row(&viewer, quotas));
    }
    let content = html! {
        p.lead { (viewer.say("operator-quotas-lead")) }
        @if table.is_empty() {
            (empty(&viewer.say("operator-quotas-none"), "", None))
        } @else {
            (table.shown())
        }
        (pager(&viewer, next_of(&list)))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-quotas-title"), content))
}

fn row(viewer: &Viewer, quotas: &Json) -> Vec<Markup> {
    let urgent = if quotas["highPriority"] == true { "operator-yes" } else { "operator-no" };
    let urgent = viewer.language().say(urgent);
    let uses = [
        "devices",
        "routes",
        "tokens",
        "openCommands",
        "waitingCommands",
        "openStreams",
        "waitingMessages",
        "mailsPerDay",
    ];
    let mut cells = vec![html! { (text(quotas, "/group")) }];
    cells.extend(uses.map(|name| shown_use(viewer, &quotas[name])));
    cells.push(html! { (urgent) });
    cells
}

fn shown_use(viewer: &Viewer, use_: &Json) -> Markup {
    let number = |name: &str| use_[name].as_u64().unwrap_or_default();
    let (used, limit) = (number("used"), number("limit"));
    let whole = |number| viewer.language().whole(number);
    let text = format!("{} / {}", whole(used), whole(limit));
    if is_nearly_all(used, limit) {
        badge(Tone::Warning, &text)
    } else {
        html! { (text) }
    }
}

fn is_nearly_all(used: u64, limit: u64) -> bool {
    limit > 0 && used.saturating_mul(10) >= limit.saturating_mul(NEARLY_ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_that_is_nearly_used_up_is_marked() {
        assert!(is_nearly_all(9, 10) && is_nearly_all(12, 10));
        assert!(!is_nearly_all(8, 10) && !is_nearly_all(0, 0));
    }
}
