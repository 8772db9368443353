//! The figures of a version in the catalogue: its size by parts, its fuel, and its payloads that were cut short.

use champollion_client::{CatalogueVersion, CutSummary, Misread, PackageParts, VectorFuel};

use super::super::{output, plural::counted};

/// Shows the figures of a version that a server tells; one from before they were told has its size alone.
pub(super) fn show(version: &CatalogueVersion) {
    let bytes = version.bytes;
    match &version.parts {
        None => output::line(format_args!("{bytes} bytes")),
        Some(parts) => output::line(format_args!("{bytes} bytes: {}", by_parts(parts))),
    }
    if let Some(VectorFuel { middle, most }) = &version.fuel {
        output::line(format_args!(
            "{middle} units of fuel for a vector in the middle, {most} at most"
        ));
    }
    if let Some(CutSummary { tried, misread, reads_on, .. }) = &version.cut_payloads {
        let tried = counted(tried, "vector");
        output::line(format_args!("{tried} cut short: {misread} read on"));
        for vector in reads_on {
            let name = output::quoted(format_args!("{:?}", vector.vector));
            output::line(format_args!(
                "  {name}: {} of {}",
                vector.misread,
                counted(vector.tried, "length")
            ));
        }
    }
    version.reads_on.iter().for_each(show_misread);
}

fn by_parts(parts: &PackageParts) -> String {
    let PackageParts { code, data, names, script, manifest, vectors, other } = parts;
    let named = [
        ("code", code),
        ("data", data),
        ("names", names),
        ("script", script),
        ("manifest", manifest),
        ("vectors", vectors),
        ("other", other),
    ];
    let told = named.iter().filter(|(_, bytes)| **bytes > 0);
    told.map(|(name, bytes)| format!("{name} {bytes}")).collect::<Vec<_>>().join(", ")
}

fn show_misread(misread: &Misread) {
    let Misread { vector, kept_bytes, bytes, path, whole, made_up } = misread;
    output::line(format_args!(
        "reads on where a payload ends too soon: {}",
        output::quoted(format_args!(
            "{path} is {made_up} instead of {whole} where {vector:?} is cut after {kept_bytes} of {bytes} bytes"
        ))
    ));
}
