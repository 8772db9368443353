//! Tests of the gate with derived decoders, which are their expressions alone.

use std::sync::Arc;

use champollion_registry::{
    gate::{Admitted, Finding, Gate},
    package::{Manifest, Package},
};

use crate::support::{MANIFEST, PLAIN_VECTORS, SANDBOX, component, with_section};

const MANIFEST_TOML: &str = r#"
id = "acme/consumption"
version = "1.0.0"
name = "Consumption"
description = "Derives the consumption."
licence = "MIT"
maintainer = "Acme"

[[derived.inputs]]
name = "index"
quantity = "water.volume"

[[derived.values]]
quantity = "water.volume.delta"
expression = "index - before.index"
meaning = "Drawn since"

[derived.remember]
index = "index"
"#;

const VECTORS_JSON: &str = r#"[{
    "name": "a day later",
    "reading": {
        "measurements": [{"quantity": "water.volume", "value": 3}],
        "receivedAt": "2026-01-02T00:00:00Z",
        "remembered": {"at": "2026-01-01T00:00:00Z", "values": {"index": 1}}
    },
    "expect": {"reading": {
        "measurements": [{"quantity": "water.volume.delta", "value": 2}],
        "remembered": {"at": "2026-01-02T00:00:00Z", "values": {"index": 3}}
    }}
}]"#;

fn admit(file: Vec<u8>, version: &str, previous: Option<&str>) -> Result<Admitted, Vec<Finding>> {
    let previous = previous.map(|toml| Arc::new(Manifest::parse(toml).unwrap()));
    let name = ("acme/consumption".parse().unwrap(), version.parse().unwrap());
    let gate = Gate { random_payloads: 200 };
    gate.admit(file, (&name.0, &name.1), previous.as_ref(), &SANDBOX)
}

fn package(manifest: &str, vectors: &str) -> Vec<u8> {
    Package::assemble_derived(manifest, vectors).unwrap().file().to_vec()
}

fn told(outcome: Result<Admitted, Vec<Finding>>) -> String {
    let findings = outcome.err().unwrap_or_default();
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_derived_decoder_passes_the_gate_without_code() {
    let admitted = admit(package(MANIFEST_TOML, VECTORS_JSON), "1.0.0", None);
    let admitted = admitted.unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!(admitted.report().vectors, 1);
    assert_eq!(admitted.report().random_payloads.tried, 200);
    assert!(admitted.report().random_payloads.readings > 0);
    assert!(admitted.report().warnings.is_empty(), "{:?}", admitted.report().warnings);
    let other = VECTORS_JSON.replace("\"value\": 2", "\"value\": 4");
    let refused = admit(package(MANIFEST_TOML, &other), "1.0.0", None);
    assert!(told(refused).contains("a day later"));
}

#[test]
fn code_beside_the_expressions_is_refused() {
    let file = with_section(component(), MANIFEST, MANIFEST_TOML.as_bytes());
    let file = with_section(file, PLAIN_VECTORS, VECTORS_JSON.as_bytes());
    assert!(told(admit(file, "1.0.0", None)).contains("its expressions alone"));
}

#[test]
fn what_users_rely_on_needs_a_new_major_version() {
    let next = MANIFEST_TOML
        .replace("version = \"1.0.0\"", "version = \"1.0.1\"")
        .replace("quantity = \"water.volume.delta\"", "quantity = \"water.level\"");
    let vectors = VECTORS_JSON.replace("water.volume.delta", "water.level");
    let refused = told(admit(package(&next, &vectors), "1.0.1", Some(MANIFEST_TOML)));
    assert!(refused.contains("the value water.volume.delta was removed"), "{refused}");
}

#[test]
fn a_manifest_that_cannot_work_is_refused_with_its_lines() {
    let wrong = MANIFEST_TOML
        .replace("quantity = \"water.volume\"\n", "quantity = \"water.volum\"\n")
        .replace("index - before.index", "indx - before.index");
    let error = Manifest::parse(&wrong).unwrap_err().to_string();
    assert!(
        error.contains("line 9: the input index") && error.contains("did you mean water.volume?"),
        "{error}"
    );
    assert!(error.contains("line 13: ") && error.contains("did you mean index?"), "{error}");
    let manifest = Manifest::parse(MANIFEST_TOML).unwrap();
    assert_eq!(Manifest::parse(&manifest.to_toml().unwrap()).unwrap(), manifest);
}
