//! Packages that are none, or do not do what they say, are not published.

use champollion_tests::{AXIOMA, ELSYS, Server, Sources, Table, mischief, with_sections};
use serde_json::json;
use ureq::http::Method;

/// A component that wants the time of day from WASI.
const WITH_A_CLOCK: &str = r#"
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance
    (export "resolution" (func (result u64))))))
"#;

const NOT_A_PACKAGE: (u16, &str) = (422, "not-a-package");
const UNUSABLE: (u16, &str) = (422, "unusable-component");

#[test]
fn files_that_are_no_packages() {
    let server = Server::start();
    let publisher = server.anybody().token(&server.new_token("publisher", None));
    let real = Sources::of(ELSYS);
    let mut table = Table::default();
    let mut line = |what: &str, file: &[u8], problem: (u16, &str), names: &[&str]| {
        let answer = publisher.send(&Method::PUT, &real.path(), file);
        table.expect(what, &answer, problem, names);
    };
    line("empty file", b"", NOT_A_PACKAGE, &["no WebAssembly component"]);
    line("text file", b"function decodeUplink() {}", NOT_A_PACKAGE, &["no WebAssembly component"]);
    line(
        "the start of a package",
        &real.package().file()[..1_000],
        NOT_A_PACKAGE,
        &["WebAssembly"],
    );
    let module = wat::parse_str("(module)").expect("this is a module");
    line("core module", &module, NOT_A_PACKAGE, &["core module", "champollion build"]);
    let component = &real.component;
    let (manifest, vectors) = (Some(&*real.manifest), Some(&*real.vectors));
    let bare = with_sections(component, None, vectors);
    line("no manifest", &bare, NOT_A_PACKAGE, &["manifest", "decoder.toml"]);
    let bare = with_sections(component, manifest, None);
    line("no vectors", &bare, NOT_A_PACKAGE, &["vectors", "vectors.json"]);
    let empty = with_sections(component, manifest, Some("[]"));
    line("empty vectors", &empty, NOT_A_PACKAGE, &["no vector"]);
    let twice = with_sections(&with_sections(component, manifest, None), manifest, vectors);
    line("two manifests", &twice, NOT_A_PACKAGE, &["two", "manifest"]);

    let mut manifest = |what: &str, manifest: &str, names: &[&str]| {
        line(what, &with_sections(component, Some(manifest), vectors), NOT_A_PACKAGE, names);
    };
    let with = |from: &str, to: &str| real.manifest_with(from, to).manifest;
    manifest("no id", &with("id = \"elsys/ers-co2\"", ""), &["missing field `id`"]);
    manifest("bad id", &with("elsys/ers-co2", "Elsys"), &["Elsys", "vendor/model"]);
    manifest("no version", &with("version = \"1.0.0\"", ""), &["missing field `version`"]);
    manifest("bad version", &with("version = \"1.0.0\"", "version = \"one\""), &["version"]);
    manifest("unknown key", &with("licence =", "license ="), &["license", "licence"]);
    manifest("no TOML", "id: elsys", &["manifest"]);
    manifest("60 KB", &format!("# {}\n{}", "x".repeat(60_000), real.manifest), &["57344"]);
    line(
        "vectors that are no JSON",
        &with_sections(component, Some(&real.manifest), Some("[{]")),
        NOT_A_PACKAGE,
        &["vectors", "line 1"],
    );

    let clock = wat::parse_str(WITH_A_CLOCK).expect("this is a component");
    let clock = with_sections(&clock, Some(&real.manifest), vectors);
    line("imports WASI", &clock, UNUSABLE, &["wasi:clocks/wall-clock@0.2.0", "imports nothing"]);
    let nothing = wat::parse_str("(component)").expect("this is a component");
    let nothing = with_sections(&nothing, Some(&real.manifest), vectors);
    line("exports nothing", &nothing, UNUSABLE, &["no decoder"]);

    let large = vec![0; (4 << 20) + 1];
    line("4 MiB and a byte", &large, (413, "body-too-large"), &["4194304"]);
    table.finish();

    // Whoever is refused before the file is read still gets to read why.
    let lns = server.lns();
    for _ in 0..10 {
        lns.send(&Method::PUT, &real.path(), &large).problem(403, "forbidden");
        let unknown = server.anybody().token("mistyped");
        unknown.send(&Method::PUT, &real.path(), &large).problem(401, "token-unknown");
    }

    let catalogue = server.anybody().get("/v1/catalogue").success();
    assert_eq!(catalogue["decoders"], json!([]), "nothing was published");
    server.publish(&real.package());
}

#[test]
fn a_vector_that_differs_is_shown_with_the_place() {
    let server = Server::start();
    let real = Sources::of(AXIOMA);
    assert!(real.vectors.contains("\"currentVolume\": 13.609"), "the first vector is another one");
    let vectors = real.vectors.replacen("\"currentVolume\": 13.609", "\"currentVolume\": 13.61", 1);
    let liar = Sources { vectors, ..real.clone() };
    let answer = server.admin().send(&Method::PUT, &liar.path(), liar.package().file());
    let detail = answer.problem(422, "vector-differs");
    let name = answer.body["vector"].as_str().expect("the vector is named");
    assert!(detail.contains(name) && detail.contains("13.61"), "{detail}");
    assert_eq!(answer.body["path"], "reading.data.currentVolume");
    assert_eq!(answer.body["expected"], json!(13.61));
    assert_eq!(answer.body["actual"], json!(13.609));
    server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1").problem(404, "unknown-decoder");

    // A vector that makes the decoder fail is a difference as well, and not a broken server.
    let trap = json!([{
        "name": "crashes",
        "uplink": { "fPort": 1, "payload": "02" },
        "expect": { "reading": { "data": {} } },
    }]);
    let good = mischief();
    let bad = Sources { vectors: trap.to_string(), ..Sources::take_apart(good.file()) };
    let answer = server.admin().send(&Method::PUT, &bad.path(), bad.package().file());
    answer.problem(422, "vector-differs");
    assert_eq!(answer.body["path"], "reading", "{}", answer.text);
}

#[test]
fn a_version_is_published_once() {
    let mut server = Server::start();
    let real = Sources::of(ELSYS);
    let package = real.package();
    let published = server.publish(&package);
    assert_eq!(published["digest"], json!(package.digest()));
    assert_eq!(published["vectors"], package.vectors().len());

    let again = server.publish(&package);
    assert_eq!(again, published, "the same once more is no error");
    let other = real.manifest_with("Room sensor", "Sensor of rooms");
    let put =
        |server: &Server| server.admin().send(&Method::PUT, &other.path(), other.package().file());
    let check = |server: &Server| {
        let answer = put(server);
        let detail = answer.problem(409, "version-exists");
        assert!(
            detail.contains("elsys/ers-co2 1.0.0") && detail.contains("raise `version`"),
            "{detail}"
        );
        assert_eq!(answer.body["published"], published["digest"]);
    };
    check(&server);
    server.kill();
    server.restart();
    check(&server);
    let entry = server.anybody().get("/v1/catalogue/elsys/ers-co2").success();
    assert_eq!(entry["description"], json!(real.manifest().description));
    let file = server.admin().get("/v1/registry/elsys/ers-co2/1.0.0");
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), "application/wasm");
    assert!(file.header("content-disposition").contains("elsys-ers-co2-1.0.0.wasm"));
}

#[test]
fn a_package_goes_where_its_manifest_says() {
    let server = Server::start();
    let package = Sources::of(ELSYS).package();
    let mut table = Table::default();
    for (path, problem, names) in [
        (
            "elsys/ers-co3/1.0.0",
            (422, "other-name"),
            ["elsys/ers-co2 1.0.0", "elsys/ers-co3 1.0.0"],
        ),
        (
            "elsys/ers-co2/1.0.1",
            (422, "other-name"),
            ["elsys/ers-co2 1.0.0", "elsys/ers-co2 1.0.1"],
        ),
        ("elsys/ers-co2/1.0", (400, "invalid-path"), ["1.0", "version"]),
        ("Elsys/ers-co2/1.0.0", (400, "invalid-path"), ["Elsys/ers-co2", "vendor/model"]),
    ] {
        let path = format!("/v1/registry/{path}");
        let answer = server.admin().send(&Method::PUT, &path, package.file());
        table.expect(&path, &answer, problem, &names);
    }
    table.finish();
}
