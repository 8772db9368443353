//! The list of objects, with its search and its filters.

use std::sync::Arc;

use axum::{Router, routing::get};
use champollion_registry::package::DecoderRef;
use maud::{Markup, html};

use super::listing::{Facets, FoundObjects, Part, Total, WantedObjects, Words, life_cycle};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::Scope,
    devices::Device,
    pages::{
        layout::Page,
        partner::frame::{dash, partner_page},
        parts::{
            badge::badge,
            empty::empty,
            filters::filters,
            form::{Field, Kind},
            notice::Tone,
            pager::pager,
            table::Table,
        },
        viewer::Viewer,
    },
    service::Service,
};

/// The path of the list.
pub(super) const LIST: &str = "/partner/objects";

/// The silences that are offered, in hours.
const SILENCES: [&str; 4] = ["24", "48", "168", "720"];

/// The orders that are offered.
const ORDERS: [&str; 4] = ["name", "heard", "group", "device"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(LIST, get(list))
}

async fn list(viewer: Viewer, authorized: Authorized<Inspect>) -> Result<Page, Problem> {
    let wanted = WantedObjects::of(&viewer);
    let looked = viewer.look_through({
        let (wanted, service, reach) =
            (wanted.clone(), Arc::clone(viewer.service()), authorized.reach);
        move || wanted.found(&service, &reach)
    });
    let found = looked.await?;
    let content = html! {
        (actions(&viewer, &wanted))
        @if !found.has_any {
            (nothing_yet(&viewer))
        } @else {
            (search(&viewer, LIST, &wanted, (&found.facets, matches!(found.part, Part::Page(..)))))
            (count(&viewer, &found))
            (table(&viewer, &wanted, &found))
            (pages(&viewer, &wanted, &found))
            @if !found.objects.is_empty() { (files(&viewer, &wanted)) }
        }
    };
    Ok(partner_page(&viewer, &viewer.say("partner-objects"), content))
}

/// The ways to other views of the same objects, and to new ones.
pub(super) fn actions(viewer: &Viewer, wanted: &WantedObjects) -> Markup {
    let way = |path: &str| with_query(path, wanted);
    html! {
        p.actions {
            @if viewer.may(Scope::Devices) {
                a.button href="/partner/objects/new" { (viewer.say("object-new")) }
                a.button.quiet href="/partner/import" { (viewer.say("import-title")) }
            }
            @if viewer.uri().path() == LIST {
                a.button.quiet href=(way("/partner/objects/map")) { (viewer.say("objects-as-map")) }
            } @else {
                a.button.quiet href=(way(LIST)) { (viewer.say("objects-as-list")) }
            }
        }
    }
}

/// Another page of the same objects.
fn with_query(path: &str, wanted: &WantedObjects) -> String {
    let query = wanted.query_with(&[]);
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The same objects as files, below them.
fn files(viewer: &Viewer, wanted: &WantedObjects) -> Markup {
    let way = |ending: &str| with_query(&format!("{LIST}/export.{ending}"), wanted);
    html! {
        p.actions {
            a.button.quiet href=(way("xlsx")) { (viewer.say("objects-as-workbook")) }
            a.button.quiet href=(way("csv")) { (viewer.say("objects-as-csv")) }
        }
    }
}

pub(super) fn nothing_yet(viewer: &Viewer) -> Markup {
    let import = viewer.say("import-title");
    let first = viewer.may(Scope::Devices).then_some(("/partner/import", import.as_str()));
    empty(&viewer.say("objects-empty"), &viewer.say("objects-empty-advice"), first)
}

/// The search and the filters, on the list and on the map alike: `path` is that of the page on which they stand.
pub(super) fn search(
    viewer: &Viewer,
    path: &str,
    wanted: &WantedObjects,
    (facets, is_sorted): (&Facets, bool),
) -> Markup {
    let all = || viewer.say("filter-all");
    let counted = |words: &Words, text: &dyn Fn(&str) -> String| {
        let offered = words.iter().map(|(word, count)| match count {
            Some(count) => (
                word.clone(),
                format!("{} ({})", text(word), viewer.language().whole(*count as u64)),
            ),
            None => (word.clone(), text(word)),
        });
        std::iter::once((String::new(), all())).chain(offered).collect::<Vec<_>>()
    };
    let itself = |word: &str| word.to_owned();
    let stage = |word: &str| viewer.say_word("life-cycle", word);
    let silence = |hours: &&str| {
        ((*hours).to_owned(), viewer.say_with("silent-hours", [("hours", (*hours).into())]))
    };
    let silences = std::iter::once((String::new(), all())).chain(SILENCES.iter().map(silence));
    let orders = ORDERS.map(|word| (word.to_owned(), viewer.say_word("order", word)));
    let choice =
        |name: &'static str, label: String, value: &str, offered: Vec<(String, String)>| {
            let field = Field::new(name, label).value(value);
            match offered.len() > 1 || facets.are_all {
                true => field.kind(Kind::Choice(offered)).shown(),
                false => field.shown(),
            }
        };
    let narrowing = html! {
        (choice("group", viewer.say("group"), &wanted.group, counted(&facets.groups, &itself)))
        (choice("subGroup", viewer.say("sub-group"), &wanted.sub_group, counted(&facets.sub_groups, &itself)))
        (choice("lifeCycle", viewer.say("life-cycle"), &wanted.life_cycle, counted(&facets.life_cycles, &stage)))
        (choice("silent", viewer.say("silent"), &wanted.silent, silences.collect()))
        @if is_sorted { (choice("sort", viewer.say("order"), &wanted.sort, orders.to_vec())) }
        @if !wanted.area.is_empty() { (area(viewer, &wanted.area)) }
    };
    html! {
        form.narrowing method="get" action=(path) role="search" {
            (Field::new("q", viewer.say("objects-search")).kind(Kind::Line("search")).value(wanted.q.as_str())
                .hint(viewer.say("objects-search-hint")).shown())
            (filters(viewer, wanted.filters_in_force(), narrowing))
            p.actions {
                button type="submit" { (viewer.say("filter-apply")) }
                @if wanted.is_narrowed() {
                    a.button.quiet href=(path) { (viewer.say("filter-none")) }
                }
            }
        }
    }
}

/// The area of the map that is looked at, to be taken away.
fn area(viewer: &Viewer, area: &str) -> Markup {
    html! {
        div.field.tick {
            input type="checkbox" id="field-area" name="area" value=(area) checked;
            label for="field-area" { (viewer.say("map-area")) }
        }
    }
}

fn count(viewer: &Viewer, found: &FoundObjects) -> Markup {
    let said = found.total.map(|total| match total {
        Total::Exactly(count) => viewer.say_with("objects-found", [("count", count.into())]),
        Total::MoreThan(count) => viewer.say_with("objects-found-more", [("count", count.into())]),
    });
    html! { @if let Some(said) = said { p.count role="status" { (said) } } }
}

fn table(viewer: &Viewer, wanted: &WantedObjects, found: &FoundObjects) -> Markup {
    let sorted = |word: &str| format!("{LIST}?{}", wanted.query_with(&[("sort", word)]));
    let order = |word: &str| (wanted.sort == word).then_some("ascending");
    let is_sorted = matches!(found.part, Part::Page(..));
    let by = |table: Table, word: &str| match is_sorted {
        true => table.sorted_by(sorted(word), order(word)),
        false => table,
    };
    let table = Table::new(viewer.say("partner-objects"));
    let table = by(table.column(viewer.say("object-name")), "name");
    let table = by(table.column(viewer.say("group")), "group")
        .column(viewer.say("object-address"))
        .column(viewer.say("object-decoder"))
        .column(viewer.say("life-cycle"));
    let mut table = by(table.column(viewer.say("last-heard")), "heard");
    for device in &found.objects {
        table.row(row(viewer, device));
    }
    html! {
        @if table.is_empty() {
            (empty(&viewer.say("objects-none"), &viewer.say("objects-none-advice"), None))
        } @else { (table.shown()) }
    }
}

fn row(viewer: &Viewer, device: &Device) -> Vec<Markup> {
    let dev_eui = device.dev_eui.to_string();
    let text = |text: Option<&str>| text.map_or_else(dash, |text| html! { (text) });
    let heard = viewer.service().devices.last_heard(device.dev_eui);
    let stage = life_cycle(device);
    vec![
        html! {
            a href=(format!("/partner/objects/{dev_eui}")) { (name(device)) }
            @if !device.name.is_empty() { br; code.small { (dev_eui) } }
        },
        html! { (device.group) @if let Some(part) = &device.sub_group { " › " (part) } },
        text(device.object.address.as_ref().map(|address| address.as_str())),
        device.assignment.wanted().map_or_else(dash, decoder),
        html! { @if stage.is_empty() { (dash()) } @else { (stage_badge(viewer, stage)) } },
        match heard {
            Some(at) => viewer.moment(at),
            None => html! { span.soft { (viewer.say("never-heard")) } },
        },
    ]
}

/// The decoder of an object; the versions that will do are for those who ask.
fn decoder(wanted: &DecoderRef) -> Markup {
    html! { span title=(wanted) { (wanted.id) } }
}

/// The badge of a stage of life.
pub(super) fn stage_badge(viewer: &Viewer, stage: &str) -> Markup {
    let tone = match stage {
        "SERVICE" => Tone::Good,
        "MAINTENANCE" => Tone::Warning,
        _ => Tone::Plain,
    };
    badge(tone, &viewer.say_word("life-cycle", stage))
}

/// The name of an object for people: its own, or its DevEUI.
pub(super) fn name(device: &Device) -> String {
    if device.name.is_empty() {
        device.dev_eui.to_string()
    } else {
        device.name.as_str().to_owned()
    }
}

fn pages(viewer: &Viewer, wanted: &WantedObjects, found: &FoundObjects) -> Markup {
    let way = |page: usize| format!("{LIST}?{}", wanted.query_with(&[("page", &page.to_string())]));
    let (page, pages) = match found.part {
        Part::Page(page, pages) => (page, pages),
        Part::Stretch(next) => {
            return pager(viewer, next.map(|next| next.to_string()).as_deref());
        }
    };
    let said = viewer.say_with("page-of", [("page", page.into()), ("pages", pages.into())]);
    html! {
        @if pages > 1 {
            nav.pager aria-label=(viewer.say("pager-label")) {
                @if page > 1 { a.button.quiet href=(way(page - 1)) rel="prev" { (viewer.say("pager-previous")) } }
                span { (said) }
                @if page < pages { a.button.quiet href=(way(page + 1)) rel="next" { (viewer.say("pager-next")) } }
            }
        }
    }
}
