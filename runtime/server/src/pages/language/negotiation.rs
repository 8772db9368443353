//! The choice of a language: what the person has chosen, or else what the browser says.

use super::Language;

/// Returns the language of an `Accept-Language` header that is there and liked most.
pub(in crate::pages) fn preferred(accept_language: &str) -> Option<Language> {
    let ranges = accept_language.split(',').filter_map(range);
    let known = ranges.filter_map(|(tag, weight)| Some((of_tag(tag)?, weight)));
    // Of two that are liked as much, the one that is named first.
    known.fold(None, better).map(|(language, _)| language)
}

type Weighed = (Language, f32);

fn better(best: Option<Weighed>, next: Weighed) -> Option<Weighed> {
    match best {
        Some(best) if best.1 >= next.1 => Some(best),
        _ if next.1 > 0.0 => Some(next),
        best => best,
    }
}

fn range(text: &str) -> Option<(&str, f32)> {
    let Some((tag, parameter)) = text.split_once(';') else { return Some((text.trim(), 1.0)) };
    let weight = parameter.trim().strip_prefix("q=")?.parse().ok()?;
    Some((tag.trim(), weight))
}

fn of_tag(tag: &str) -> Option<Language> {
    Language::of_code(tag.split('-').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_most_is_chosen() {
        assert_eq!(preferred("fr-FR,fr;q=0.9,en;q=0.8"), Some(Language::French));
        assert_eq!(preferred("de, en;q=0.3, fr;q=0.7"), Some(Language::French));
        assert_eq!(preferred("en-GB, fr"), Some(Language::English));
        assert_eq!(preferred("fr;q=0, en;q=0.1"), Some(Language::English));
        assert_eq!(preferred("de, *;q=0.5"), None);
        assert_eq!(preferred("fr;q=x"), None);
    }
}
