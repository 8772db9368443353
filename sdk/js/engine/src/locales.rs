//! Tables of locales, made of Unicode's CLDR by `sdk/js/locales/generate.mjs`.

const CALENDARS: &str = include_str!("../../locales/calendars.tsv");
const NUMBERS: &str = include_str!("../../locales/numbers.tsv");
const UNITS: &str = include_str!("../../locales/units.tsv");
const ZONES: &str = include_str!("../../locales/zones.tsv");
const ALIASES: &str = include_str!("../../locales/aliases.tsv");
const METAZONES: &str = include_str!("../../locales/metazones.tsv");
const LANGUAGES: &str = include_str!("../../locales/languages.txt");
const COLLATION: &str = include_str!("../../locales/collation.tsv");

/// Returns the text of a table, or that of one name in it where the table has a line for each.
pub(crate) fn table(table: &str, name: Option<&str>) -> Option<&'static str> {
    let lines = match table {
        "calendars" => CALENDARS,
        "numbers" => NUMBERS,
        "units" => UNITS,
        "zones" => ZONES,
        "aliases" => ALIASES,
        "metazones" => METAZONES,
        "languages" => return Some(LANGUAGES),
        "collation" => COLLATION,
        _ => return None,
    };
    line(lines, name?)
}

/// Returns what stands behind a name and a tab.
fn line(lines: &'static str, name: &str) -> Option<&'static str> {
    lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'))
}
