//! Tests of the gate, which gives all findings at once.

use std::sync::Arc;

use champollion_registry::{
    gate::{Admitted, Finding, Gate},
    package::{Manifest, Package},
};

use crate::support::{
    DECODER_TOML, MANIFEST, PLAIN_VECTORS, SANDBOX, VECTORS_JSON, component, first_party,
    with_section,
};

/// Has the gate look at a component with any manifest and vectors, as `acme/answer` of a version.
fn admit(
    manifest: &str,
    vectors: &str,
    version: &str,
    previous: Option<&str>,
    random_payloads: usize,
) -> Result<Admitted, Vec<Finding>> {
    let file = with_section(component(), MANIFEST, manifest.as_bytes());
    let file = with_section(file, PLAIN_VECTORS, vectors.as_bytes());
    let previous = previous.map(|toml| Arc::new(Manifest::parse(toml).unwrap()));
    let name = ("acme/answer".parse().unwrap(), version.parse().unwrap());
    Gate { random_payloads }.admit(file, (&name.0, &name.1), previous.as_ref(), &SANDBOX)
}

fn codes(outcome: Result<Admitted, Vec<Finding>>) -> Vec<&'static str> {
    let Err(findings) = outcome else { return Vec::new() };
    findings.iter().map(Finding::code).collect()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let manifest = DECODER_TOML
        .replace("version = \"1.0.0\"", "version = \"1.0.1\"")
        // It crashes on this port.
        .replace("port = 2", "port = 13")
        .replace("name = \"answer\"\ntype = \"integer\"", "name = \"reply\"\ntype = \"integer\"");
    let vectors = VECTORS_JSON.replace("42", "43");
    let outcome = admit(&manifest, &vectors, "1.0.2", Some(DECODER_TOML), 1_000);
    let Err(findings) = outcome else { panic!("it is admitted") };
    let found: Vec<&str> = findings.iter().map(Finding::code).collect();
    let expected = [
        "other-name",
        "incompatible",
        "incompatible",
        "undeclared-field",
        "vector-differs",
        "misbehaves",
    ];
    assert_eq!(found, expected, "{findings:#?}");
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(said[1].starts_with("the field answer was renamed to reply, so it needs a new major"));
    assert!(said[2].starts_with("the field reply was added, so it needs a new minor version"));
    assert!(said[3].contains("holds answer (integer)"), "{}", said[3]);
    assert!(said[5].contains("the first on port 13 ("), "{}", said[5]);
}

#[test]
fn manifest_and_vectors_that_are_both_wrong_are_both_told() {
    let manifest = DECODER_TOML.replace("unit = \"V\"", "unit = \"kV\"");
    assert_eq!(codes(admit(&manifest, "[{]", "1.0.0", None, 0)), ["not-a-package"; 2]);
    assert_eq!(codes(admit("nothing", "[]", "1.0.0", None, 0)), ["not-a-package"]);
}

#[test]
fn fields_must_be_what_vectors_hold() {
    let vector = |reading: &str| VECTORS_JSON.replace("{\"data\": {\"answer\": 42}}", reading);
    assert_eq!(codes(admit(DECODER_TOML, VECTORS_JSON, "1.0.0", None, 0)), [""; 0]);
    let text = DECODER_TOML.replacen("type = \"integer\"", "type = \"text\"", 1);
    assert_eq!(codes(admit(&text, VECTORS_JSON, "1.0.0", None, 0)), ["other-type"]);
    let number = DECODER_TOML.replacen("type = \"integer\"", "type = \"number\"", 1);
    assert_eq!(codes(admit(&number, VECTORS_JSON, "1.0.0", None, 0)), [""; 0]);
    let measured = vector(
        r#"{"data": {"answer": 42}, "measurements": [{"quantity": "water.volume", "value": 1}]}"#,
    );
    let found = codes(admit(DECODER_TOML, &measured, "1.0.0", None, 0));
    assert_eq!(found, ["undeclared-quantity", "vector-differs"]);
    let nested = vector(r#"{"data": {"answer": 42, "more": {"a": [{"b": 1}]}}}"#);
    for (field, is_declared) in [
        ("more", true),
        ("more.a", true),
        ("more.a[].b", true),
        ("more.a[].c", false),
        ("mor", false),
    ] {
        let kind = match field {
            "more" => "object",
            "more.a" => "list",
            _ => "integer",
        };
        let declared = format!(
            "{DECODER_TOML}\n[[fields]]\nname = \"{field}\"\ntype = \"{kind}\"\nmeaning = \"m\"\n"
        );
        let found = codes(admit(&declared, &nested, "1.0.0", None, 0));
        assert_eq!(!found.contains(&"undeclared-field"), is_declared, "{field}: {found:?}");
    }
}

#[test]
fn a_decoder_that_never_misbehaves_gets_through_with_a_report() {
    let admitted = admit(DECODER_TOML, VECTORS_JSON, "1.0.0", None, 100);
    let report = admitted.unwrap_or_else(|findings| panic!("{findings:?}")).report().clone();
    assert_eq!((report.vectors, report.random_payloads.tried), (1, 100));
    let warnings: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["no vector holds the declared fields battery"]);
}

/// The outcome of a package is the same each time and for everybody.
#[test]
fn the_payloads_are_the_same_for_all() {
    let package = Package::read(first_party("elsys-ers-co2-1.0.0").file).unwrap();
    let Manifest { id, version, .. } = package.manifest();
    let report = || {
        let file = package.file().to_vec();
        let admitted = Gate { random_payloads: 1_000 }.admit(file, (id, version), None, &SANDBOX);
        admitted.unwrap_or_else(|findings| panic!("{findings:?}")).report().clone()
    };
    let first = report();
    assert_eq!(first.random_payloads.tried, 1_000);
    assert!(first.random_payloads.readings > 10 && first.random_payloads.failures > 10);
    assert_eq!(report(), first);
}
