//! Facets: the words by which what a query has found can be narrowed, with the number of decoders of each.

use std::collections::BTreeMap;

use super::query::CatalogueQuery;
use crate::registry::Registry;

/// A word by which a query can be narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The word, as the query takes it.
    pub word: String,
    /// The word for people, where it is another.
    pub name: String,
    /// The number of decoders that are left then.
    pub decoders: usize,
}

/// The facets of what a query has found, those of most decoders first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// The use cases of decoders.
    pub use_cases: Vec<Facet>,
    /// The makers of devices.
    pub vendors: Vec<Facet>,
    /// The quantities of fields.
    pub quantities: Vec<Facet>,
    /// The units of fields.
    pub units: Vec<Facet>,
    /// The decoders whose devices can be told something.
    pub commanded: usize,
}

/// Decoders counted by a word, with the word for people.
#[derive(Default)]
struct Counted(BTreeMap<String, (String, usize)>);

impl Counted {
    fn add(&mut self, word: &str, name: &str) {
        match self.0.get_mut(word) {
            Some((_, decoders)) => *decoders += 1,
            None => drop(self.0.insert(word.to_owned(), (name.to_owned(), 1))),
        }
    }

    fn facets(self) -> Vec<Facet> {
        let all = self.0.into_iter();
        let mut all: Vec<Facet> =
            all.map(|(word, (name, decoders))| Facet { word, name, decoders }).collect();
        // Those of as many decoders stay in the order of their words.
        all.sort_by_key(|facet| std::cmp::Reverse(facet.decoders));
        all
    }
}

impl Registry {
    /// Counts the decoders that satisfy a query by the words that could narrow it.
    #[must_use]
    pub fn catalogue_facets(&self, query: &CatalogueQuery) -> Facets {
        let (mut use_cases, mut vendors) = (Counted::default(), Counted::default());
        let (mut quantities, mut units) = (Counted::default(), Counted::default());
        let mut commanded = 0;
        let index = self.index();
        let shown = index.values().filter_map(|listed| listed.versions.get(listed.shown()?));
        for entry in shown.filter(|entry| query.is_satisfied_by(entry.summary())) {
            let summary = entry.summary();
            summary.use_cases.iter().for_each(|word| use_cases.add(word, word));
            summary.quantities.iter().for_each(|word| quantities.add(word, word));
            summary.units.iter().for_each(|word| units.add(word, word));
            let makers: BTreeMap<String, &str> = entry
                .manifest
                .devices
                .iter()
                .map(|device| (device.vendor.to_lowercase(), &*device.vendor))
                .collect();
            makers.iter().for_each(|(word, name)| vendors.add(word, name));
            commanded += usize::from(summary.goes_down);
        }
        Facets {
            use_cases: use_cases.facets(),
            vendors: vendors.facets(),
            quantities: quantities.facets(),
            units: units.facets(),
            commanded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_most_decoders_come_first() {
        let mut counted = Counted::default();
        for word in ["b", "a", "c", "b"] {
            counted.add(word, &word.to_uppercase());
        }
        let facets = counted.facets();
        let words: Vec<(&str, &str, usize)> =
            facets.iter().map(|facet| (&*facet.word, &*facet.name, facet.decoders)).collect();
        assert_eq!(words, [("b", "B", 2), ("a", "A", 1), ("c", "C", 1)]);
    }
}
