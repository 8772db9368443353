//! The filters of the catalogue: what the address asks for, and the words by which it can be narrowed.

use champollion_registry::{CatalogueQuery, CatalogueSort, Facet, Facets};
use maud::{Markup, html};

use crate::{
    api::Problem,
    pages::{viewer::Viewer, written},
};

/// The names of the parameters, each of which narrows what is found.
const NAMES: [&str; 5] = ["use", "vendor", "quantity", "unit", "direction"];

/// Words of a filter that are shown; the search finds the others.
const WORDS: usize = 40;

/// Bytes of the longest word that is shown: of the names of makers a page has room for such alone.
const WORD_BYTES: usize = 64;

/// The filters that the address of a page names.
pub(super) struct Filters {
    chosen: Vec<(&'static str, String)>,
    text: String,
    /// The order of what is found.
    pub(super) sort: CatalogueSort,
}

impl Filters {
    /// The filters of a viewer's address.
    pub(super) fn of(viewer: &Viewer) -> Self {
        let chosen = NAMES.into_iter().filter_map(|name| Some((name, viewer.parameter(name)?)));
        let sort = match viewer.parameter("sort").as_deref() {
            Some("published") => CatalogueSort::Published,
            _ => CatalogueSort::Name,
        };
        Self { chosen: chosen.collect(), text: viewer.parameter("q").unwrap_or_default(), sort }
    }

    /// The same as a question to the registry.
    ///
    /// # Errors
    /// A [`Problem`] where a word does not exist.
    pub(super) fn query(&self) -> Result<CatalogueQuery, Problem> {
        let wrong = |error: champollion_registry::CatalogueQueryError| {
            Problem::bad_request("invalid-query", error.to_string())
        };
        let mut query = CatalogueQuery::default().text(&self.text);
        for (name, word) in &self.chosen {
            query = match *name {
                "use" => query.use_case(word).map_err(wrong)?,
                "vendor" => query.vendor(word),
                "quantity" => query.quantities(word).map_err(wrong)?,
                "unit" => query.unit(word),
                _ => query.direction(champollion_registry::package::Direction::Down),
            };
        }
        Ok(query)
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.chosen.is_empty() && self.text.is_empty()
    }

    fn is_chosen(&self, name: &str, word: &str) -> bool {
        self.chosen.iter().any(|(own, chosen)| *own == name && chosen == word)
    }

    /// The form of the search, which keeps what else is chosen.
    pub(super) fn search(&self, viewer: &Viewer) -> Markup {
        let sort = if self.sort == CatalogueSort::Published { "published" } else { "name" };
        html! {
            form.search role="search" action="/catalogue" method="get" data-live="results" {
                @for (name, word) in &self.chosen { input type="hidden" name=(name) value=(word); }
                label.unseen for="q" { (viewer.say("catalogue-search")) }
                input #q type="search" name="q" value=(self.text)
                    placeholder=(viewer.say("catalogue-search-hint"));
                label.unseen for="sort" { (viewer.say("catalogue-sort")) }
                select #sort name="sort" {
                    @for word in ["name", "published"] {
                        option value=(word) selected[word == sort] {
                            (viewer.say_word("catalogue-sort", word))
                        }
                    }
                }
                button type="submit" { (viewer.say("catalogue-find")) }
            }
        }
    }

    /// The filters that are chosen, each with a link that takes it away.
    pub(super) fn chosen(&self, viewer: &Viewer) -> Markup {
        html! {
            @if !self.chosen.is_empty() {
                ul.chips aria-label=(viewer.say("catalogue-chosen")) {
                    @for (name, word) in &self.chosen {
                        li { a href=(viewer.address_with(&[(name, ""), ("after", "")])) {
                            (shown_word(viewer, name, word)) " "
                            span aria-hidden="true" { "×" }
                            span.unseen { (viewer.say("catalogue-take-away")) }
                        } }
                    }
                }
            }
        }
    }

    /// The words by which what is found can be narrowed.
    pub(super) fn narrowing(&self, viewer: &Viewer, facets: &Facets) -> Markup {
        let commanded =
            Facet { word: "down".to_owned(), name: "down".to_owned(), decoders: facets.commanded };
        let open = self.chosen.iter().any(|(name, _)| *name != "use");
        html! {
            (self.words(viewer, "use", &facets.use_cases))
            details.narrowing open[open] {
                summary { (viewer.say("catalogue-narrow")) }
                div.filters {
                    (self.group(viewer, "vendor", &facets.vendors))
                    (self.group(viewer, "quantity", &facets.quantities))
                    (self.group(viewer, "unit", &facets.units))
                    (self.group(viewer, "direction", std::slice::from_ref(&commanded)))
                }
            }
        }
    }

    fn group(&self, viewer: &Viewer, name: &str, facets: &[Facet]) -> Markup {
        html! {
            @if facets.iter().any(is_shown) {
                section {
                    h2 { (viewer.say_word("catalogue-by", name)) }
                    (self.words(viewer, name, facets))
                }
            }
        }
    }

    fn words(&self, viewer: &Viewer, name: &str, facets: &[Facet]) -> Markup {
        let class = if name == "use" { "uses" } else { "words" };
        html! {
            ul class=(class) {
                @for facet in facets.iter().filter(|facet| is_shown(facet)).take(WORDS) {
                    @let is_chosen = self.is_chosen(name, &facet.word);
                    @let next = if is_chosen { "" } else { &*facet.word };
                    li { a href=(viewer.address_with(&[(name, next), ("after", "")]))
                        aria-current=[is_chosen.then_some("true")] {
                        span { (shown_word(viewer, name, &facet.name)) }
                        " " span.count { (viewer.language().whole(facet.decoders as u64)) }
                    } }
                }
            }
        }
    }
}

fn is_shown(facet: &Facet) -> bool {
    facet.decoders > 0 && facet.word.len().max(facet.name.len()) <= WORD_BYTES
}

/// The word of a filter for people.
fn shown_word(viewer: &Viewer, name: &str, word: &str) -> String {
    match name {
        "use" => viewer.say_word("use", word),
        "direction" => viewer.say("catalogue-commanded"),
        "quantity" => viewer.quantity(word),
        "unit" => sign(word),
        _ => word.to_owned(),
    }
}

/// The sign of a unit, or its code where people write none.
fn sign(code: &str) -> String {
    Some(written::unit(code)).filter(|sign| !sign.is_empty()).unwrap_or(code).to_owned()
}
