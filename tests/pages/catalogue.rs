//! The catalogue as pages: found, narrowed, and the same for programs.

use std::process::Command;

use champollion_tests::{AXIOMA, DECODERS, Server, Visitor, run, thermometer};

#[test]
fn a_decoder_is_found_and_shown_with_all_that_it_says() {
    let server = Server::start();
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let visitor = Visitor::nobody();
    let open = |path: &str| {
        let answer = visitor.open(&server, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    };
    let all = open("/");
    assert_eq!(all.matches("<li class=\"card\">").count(), DECODERS.len());
    let found = open("/catalogue?q=qalcosonic");
    assert_eq!(found.matches("<li class=\"card\">").count(), 1, "{found}");
    assert!(found.contains("href=\"/catalogue/axioma/qalcosonic-w1\""));
    let narrowed = open("/catalogue?use=water-metering");
    assert_eq!(narrowed.matches("<li class=\"card\">").count(), 1);
    assert!(open("/catalogue?q=nothing-is-called-so").contains("No decoder goes with this"));

    let meter = open("/catalogue/axioma/qalcosonic-w1");
    for text in [
        "Axioma Metering",
        "Qalcosonic W1",
        "water.volume",
        "currentVolume",
        "sha256:",
        "Not signed",
        "curl http://127.0.0.1:",
        "import json",
        "await fetch",
        "/workbench?decoder=axioma",
    ] {
        assert!(meter.contains(text), "the page lacks {text}");
    }
    // Below it each page names its own address, to which a choice of the language leads back.
    let content = |page: &str| page.split("</main>").next().map(str::to_owned);
    let without_version = |page: &str| page.replace("%2F1.0.0", "");
    let version = open("/catalogue/axioma/qalcosonic-w1/1.0.0");
    assert_eq!(content(&without_version(&version)), content(&meter));
    assert_eq!(visitor.open(&server, "/catalogue/axioma/none").status, 404);
    assert_eq!(visitor.open(&server, "/catalogue/axioma/qalcosonic-w1/9.0.0").status, 404);
}

/// The text of a call of a page, as it is copied from there.
fn call(page: &str, id: &str) -> String {
    let (_, after) = page.split_once(&format!("<code id=\"{id}\">")).expect("the call is there");
    let (text, _) = after.split_once("</code>").expect("the call ends");
    let plain = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    plain.into_iter().fold(text.to_owned(), |text, (sign, plain)| text.replace(sign, plain))
}

#[test]
fn of_npm_of_pypi_of_curl_calls_work_when_they_are_pasted() {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let page = Visitor::nobody().open(&server, "/catalogue/axioma/qalcosonic-w1").text;
    let token = server.new_token("partner", Some("water"));
    for (id, program, arguments) in [
        ("call-curl", "sh", &["-c"][..]),
        ("call-python", "python3", &["-c"][..]),
        ("call-javascript", "node", &["--input-type=module", "-e"][..]),
    ] {
        let mut command = Command::new(program);
        command.args(arguments).arg(call(&page, id)).env("CHAMPOLLION_TOKEN", &token);
        let printed = run(&mut command).success();
        assert!(printed.contains("currentVolume"), "{id}: {printed}");
    }
}

#[test]
fn a_version_says_what_changed() {
    let server = Server::start();
    let (first, second) = (thermometer("1.0.0"), thermometer("1.1.0"));
    server.publish(&first);
    server.publish(&second);
    let path = format!("/catalogue/{}", first.manifest().id);
    let page = Visitor::nobody().open(&server, &path).text;
    assert!(page.contains("The first version"), "{page}");
    assert_eq!(page.matches("<td data-label=\"Changes\"").count(), 2, "{page}");
}

#[test]
fn programs_get_json_and_feeds_of_the_same_addresses() {
    let server = Server::start();
    server.publish_own(DECODERS[0]);
    let anybody = server.anybody();
    let interface = anybody.get("/v1/catalogue/axioma/qalcosonic-w1").success();
    assert_eq!(anybody.get("/catalogue/axioma/qalcosonic-w1.json").success(), interface);
    assert_eq!(anybody.get("/catalogue/axioma/qalcosonic-w1/1.0.0.json").success(), interface);
    let headers = [("Accept", "application/json")];
    let method = ureq::http::Method::GET;
    let negotiated =
        anybody.attempt_with(&method, "/catalogue/axioma/qalcosonic-w1", &headers, b"");
    assert_eq!(negotiated.expect("it is answered").success(), interface);
    assert_eq!(anybody.get("/catalogue.json").success()["total"], 1);

    let feed = anybody.get("/catalogue.atom");
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(feed.text.starts_with("<?xml"), "{}", feed.text);
    assert!(feed.text.contains("/catalogue/axioma/qalcosonic-w1/1.0.0</id>"), "{}", feed.text);
    let map = anybody.get("/sitemap.xml").text;
    assert!(map.contains("/catalogue/axioma/qalcosonic-w1</loc>"), "{map}");
    assert!(anybody.get("/robots.txt").text.contains("Sitemap: http://127.0.0.1:"));
}
