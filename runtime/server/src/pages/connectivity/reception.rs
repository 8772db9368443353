//! The reception of frames, by spreading factor and by signal-to-noise ratio.

use champollion_service::quality::{BINS, snr_bins};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::figures::share;
use crate::pages::{json::items, parts::table::Table, viewer::Viewer};

/// The smallest spreading factor of LoRa.
const SMALLEST: usize = 5;

/// Returns the frames of all figures of a list by spreading factor and by signal-to-noise ratio.
pub(super) fn shown(viewer: &Viewer, list: &Json) -> Markup {
    let factors = (SMALLEST..).map(|factor| format!("SF{factor}"));
    let of_factors = table(viewer, "quality-factors", factors, bins(list, "/spreadingFactors"));
    let of_ratios = table(viewer, "quality-snr", ratios().into_iter(), bins(list, "/snr"));
    html! {
        @if let (Some(factors), Some(ratios)) = (of_factors, of_ratios) {
            h2 { (viewer.say("quality-reception")) }
            (factors)
            (ratios)
        }
    }
}

/// The counts of all figures of a list by bin.
fn bins(list: &Json, pointer: &str) -> [u64; BINS] {
    let mut bins = [0; BINS];
    for figures in items(list, "/figures") {
        for (own, count) in bins.iter_mut().zip(items(figures, pointer)) {
            *own += count.as_u64().unwrap_or_default();
        }
    }
    bins
}

/// The names of the bins of signal-to-noise ratios, each with a true minus.
fn ratios() -> Vec<String> {
    let ends: Vec<String> =
        snr_bins().iter().map(|end| end.to_string().replace('-', "\u{2212}")).collect();
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return Vec::new() };
    let within = ends.windows(2).map(|ends| format!("{} … {} dB", ends[0], ends[1]));
    let names = std::iter::once(format!("< {first} dB")).chain(within);
    names.chain([format!("≥ {last} dB")]).collect()
}

/// The table of some bins that have frames; nothing where none has.
fn table(
    viewer: &Viewer,
    title: &str,
    names: impl Iterator<Item = String>,
    bins: [u64; BINS],
) -> Option<Markup> {
    let all: u64 = bins.iter().sum();
    let mut table = Table::new(viewer.say(title))
        .compact()
        .column(viewer.say(title))
        .numbers(viewer.say("quality-frames"))
        .numbers(viewer.say("quality-share"));
    for (name, count) in names.zip(bins).filter(|(_, count)| *count > 0) {
        let whole = viewer.language().whole(count);
        table.row(vec![html! { (name) }, html! { (whole) }, html! { (share(viewer, count, all)) }]);
    }
    (!table.is_empty()).then(|| html! { h3 { (viewer.say(title)) } (table.shown()) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bins_of_all_figures_are_summed_up_by_their_names() {
        let of = |count: u64| json!({ "snr": [count, 0, 0, 1, 0, 0, 0, 2] });
        let list = json!({ "figures": [of(3), of(4), {}] });
        assert_eq!(bins(&list, "/snr"), [7, 0, 0, 2, 0, 0, 0, 4]);
        let names = ratios();
        assert_eq!((names.len(), names[0].as_str()), (BINS, "< \u{2212}15 dB"));
        assert_eq!((names[3].as_str(), names[7].as_str()), ("\u{2212}5 … 0 dB", "≥ 15 dB"));
    }
}
