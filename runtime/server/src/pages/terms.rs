//! The vocabulary as people read it, for what is told elsewhere than on pages.

use champollion_sandbox::vocabulary;
use champollion_service::{alerts::Terms, outbox};

use super::language::Language;

/// The names of quantities as pages have them, and their units.
pub(crate) struct QuantityNames;

impl Terms for QuantityNames {
    fn name(&self, term: &str, language: outbox::Language) -> String {
        Language::from(language).quantity(term)
    }

    fn unit(&self, term: &str) -> Option<&'static str> {
        let found = vocabulary::quantity(term)?;
        Some(found.unit).filter(|unit| !unit.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_named_as_on_pages() {
        let terms = QuantityNames;
        assert_eq!(terms.name("air.co2", outbox::Language::En), "CO₂ in the air");
        assert_eq!(terms.name("air.co2", outbox::Language::Fr), "CO₂ de l’air");
        assert_eq!((terms.unit("air.co2"), terms.unit("alarm.leak")), (Some("[ppm]"), None));
    }
}
