//! The report of an import, in lines for people.

use champollion_import::{Bumped, Failing, Problem, PutMapping, Renamed, Report, Skipped};

use crate::{output, plural::counted};

/// Shows what became of all codecs.
pub(super) fn show(report: &Report) {
    let Report {
        codecs,
        packages,
        vectors,
        fields,
        skipped,
        unchanged,
        bumped,
        renamed,
        mappings,
        problems,
    } = report;
    output::line(format_args!("{}, {}", counted(codecs, "codec"), counted(packages, "package")));
    if !unchanged.is_empty() {
        output::line(format_args!("{} unchanged, not published again", unchanged.len()));
    }
    for Bumped { codec, id, version, previous } in bumped {
        output::line(format_args!(
            "published: {codec} is {id} {version}, after {previous}: a candidate, which \
             `champollion registry promote {id}@{version}` gives to devices"
        ));
    }
    let failed = vectors.failed.len();
    output::line(format_args!(
        "{}, {} passed, {failed} failed",
        counted(vectors.total, "example"),
        vectors.passed
    ));
    output::line(format_args!(
        "{}, {} with unit, {} with quantity",
        counted(fields.total, "field"),
        fields.with_unit,
        fields.with_quantity
    ));
    for failed in &vectors.failed {
        let what = match failed.kind {
            Failing::Output => "",
            Failing::NormalizedOutput => "what is normalized ",
        };
        output::line(format_args!(
            "failed: {}, {:?}: {what}differs at {}: expected {}, actual {}",
            failed.codec, failed.example, failed.at, failed.expected, failed.actual
        ));
    }
    show_mappings(mappings);
    for Renamed { codec, id, instead_of, holder } in renamed {
        output::line(format_args!(
            "renamed: {codec} is {id}, since {instead_of} is the name of {holder}"
        ));
    }
    for Problem { place, problem } in problems {
        output::line(format_args!("problem: {place}: {problem}"));
    }
    for Skipped { codec, reason } in skipped {
        output::line(format_args!("not imported: {codec}: {reason}"));
    }
}

/// Shows what became of mappings.
pub(super) fn show_mappings(mappings: &[PutMapping]) {
    for PutMapping { file, id, version, digest } in mappings {
        let state = if digest.is_some() { "is in force" } else { "could be put" };
        output::line(format_args!("{file}: the mapping {version} of {id} {state}"));
    }
}
