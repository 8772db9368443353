//! Hostile text: whatever stands in a manifest, in an address or in a form is text on every page.

use champollion_tests::{AXIOMA, Server, Visitor};

/// A text that would be a script, an attribute, or the end of either.
const HOSTILE: &str = "<script>alert(1)</script>'\\\"><img src=x onerror=alert(2)>&amp;";

/// The members of a manifest that are free text.
const MEMBERS: [&str; 9] = [
    "name",
    "description",
    "licence",
    "maintainer",
    "meaning",
    "vendor",
    "model",
    "firmware",
    "funded-by",
];

/// The manifest with hostile text in each free text. Names of fields and units stay, since they are checked.
fn hostile(manifest: &str) -> String {
    let mut section = "";
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let key = line.split(" = ").next().unwrap_or_default();
        let is_free = MEMBERS.contains(&key) && !(key == "name" && !section.is_empty());
        let is_checked = key == "licence";
        match is_free && !is_checked && line.contains(" = \"") {
            true => lines.push(format!("{key} = \"{HOSTILE} {}\"", lines.len())),
            false => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

#[track_caller]
fn is_text(page: &str, path: &str) {
    for markup in ["<script>alert", "<img src=x", "\"><img"] {
        assert!(!page.contains(markup), "{path} has {markup}: {page}");
    }
}

#[test]
fn hostile_manifests_are_text() {
    let server = Server::start();
    let mut sources = champollion_tests::Sources::of(AXIOMA);
    sources.manifest = hostile(&sources.manifest);
    server.publish(&sources.package());
    let visitor = Visitor::nobody();
    for path in [
        "/",
        "/catalogue/axioma/qalcosonic-w1",
        "/catalogue/axioma/qalcosonic-w1/1.0.0",
        "/catalogue.atom",
        "/workbench?decoder=axioma%2Fqalcosonic-w1&port=100&payload=00",
    ] {
        let page = visitor.open(&server, path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains("&lt;script&gt;"), "{path} shows the text: {}", page.text);
        is_text(&page.text, path);
    }
}

#[test]
fn hostile_addresses_are_text() {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let words = "%3Cscript%3Ealert(1)%3C/script%3E%22%3E%3Cimg%20src=x%20onerror=alert(2)%3E";
    let visitor = Visitor::nobody();
    let names = [
        "q",
        "vendor",
        "unit",
        "use",
        "quantity",
        "after",
        "sort",
        "lang",
        "done",
        "next",
        "decoder",
        "version",
        "other",
        "kind",
        "format",
        "port",
        "payload",
        "command",
        "variables",
        "state",
        "moment",
        "vector",
    ];
    for page in ["/catalogue", "/workbench", "/nowhere"] {
        for name in names {
            let path = format!("{page}?{name}={words}");
            is_text(&visitor.open(&server, &path).text, &path);
        }
    }
    for path in [format!("/{words}"), format!("/catalogue/{words}/{words}")] {
        is_text(&visitor.open(&server, &path).text, &path);
    }
}
