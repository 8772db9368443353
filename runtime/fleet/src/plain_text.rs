//! Texts as they are compared: without case, accents and signs.

use unicode_normalization::UnicodeNormalization;

/// Returns the letters and digits of a text in lower case, without accents: `N° de série *` as `ndeserie`.
#[must_use]
pub fn plain(text: &str) -> String {
    let decomposed = text.nfd().filter(|character| character.is_alphanumeric());
    decomposed.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn case_accents_and_signs_do_not_count() {
        for (text, expected) in [
            ("Numéro de série *", "numerodeserie"),
            ("N° DE SÉRIE", "ndeserie"),
            ("Nume\u{301}ro", "numero"),
            ("\u{feff}Dev EUI", "deveui"),
            ("sous-groupe", "sousgroupe"),
            ("***", ""),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
