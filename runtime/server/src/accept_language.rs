//! The language of a reader, by the header in which programs say it.

/// Returns the language of an `Accept-Language` header that is there, by its code, and liked most.
pub(crate) fn preferred<L>(
    accept_language: &str,
    of_code: impl Fn(&str) -> Option<L>,
) -> Option<L> {
    let ranges = accept_language.split(',').filter_map(range);
    let code = |tag: &str| of_code(tag.split('-').next().unwrap_or_default());
    let known = ranges.filter_map(|(tag, weight)| Some((code(tag)?, weight)));
    // Of two that are liked as much, the one that is named first.
    known.fold(None, better).map(|(language, _)| language)
}

fn better<L>(best: Option<(L, f32)>, next: (L, f32)) -> Option<(L, f32)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_most_is_chosen() {
        let known = |code: &str| ["en", "fr"].into_iter().find(|known| *known == code);
        let chosen = |header: &str| preferred(header, known);
        assert_eq!(chosen("fr-FR,fr;q=0.9,en;q=0.8"), Some("fr"));
        assert_eq!(chosen("de, en;q=0.3, fr;q=0.7"), Some("fr"));
        assert_eq!(chosen("en-GB, fr"), Some("en"));
        assert_eq!(chosen("fr;q=0, en;q=0.1"), Some("en"));
        assert_eq!(chosen("de, *;q=0.5"), None);
        assert_eq!(chosen("fr;q=x"), None);
    }
}
