//! Tables of locales, made of Unicode's CLDR by `sdk/js/locales/generate.mjs`.

const CALENDARS: &str = include_str!("../../locales/calendars.tsv");
const NUMBERS: &str = include_str!("../../locales/numbers.tsv");
const UNITS: &str = include_str!("../../locales/units.tsv");
const ZONES: &str = include_str!("../../locales/zones.tsv");
const ZONE_REGISTRY: &str = include_str!("../../locales/zones.json");
const LANGUAGES: &str = include_str!("../../locales/languages.txt");
const COLLATION: &str = include_str!("../../locales/collation.tsv");

/// Returns the text of a table, or that of one locale in it where the table has a line for each.
pub(crate) fn table(name: &str, locale: Option<&str>) -> Option<&'static str> {
    let lines = match name {
        "calendars" => CALENDARS,
        "numbers" => NUMBERS,
        "units" => UNITS,
        "zones" => ZONES,
        "zone-registry" => return Some(ZONE_REGISTRY),
        "languages" => return Some(LANGUAGES),
        "collation" => COLLATION,
        _ => return None,
    };
    line(lines, locale?)
}

/// Returns what stands behind a locale's name and a tab; the lines are in the order of the names.
fn line(lines: &'static str, locale: &str) -> Option<&'static str> {
    lines.lines().find_map(|line| line.strip_prefix(locale)?.strip_prefix('\t'))
}
