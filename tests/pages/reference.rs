//! The reference of the interface: a page for each request and for each type, and a search.

use champollion_tests::Server;
use serde_json::Value as Json;

#[track_caller]
fn page(server: &Server, path: &str) -> String {
    let answer = server.anybody().get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text
}

#[test]
fn each_request_has_a_page_with_its_problems_and_a_line_to_paste() {
    let server = Server::start();
    let document = server.anybody().get("/openapi.json").success();
    let overview = page(&server, "/reference");
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut count = 0;
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let id = operation["operationId"].as_str().expect("an operation has a name");
            assert!(overview.contains(&format!("href=\"/reference/{id}\"")), "{id}");
            let page = page(&server, &format!("/reference/{id}?lang=en"));
            assert!(page.contains(&format!("<code>{path}</code>")), "{id}");
            assert!(page.contains(&format!("curl --request {}", method.to_uppercase())), "{id}");
            assert!(page.contains("<code>internal</code>"), "{id} says no problems");
            assert!(!page.contains("style=\""), "{id}");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} operations");
}

#[test]
fn each_type_has_a_page_and_every_link_leads_to_one() {
    let server = Server::start();
    let document = server.anybody().get("/openapi.json").success();
    let schemas = document["components"]["schemas"].as_object().expect("there are types");
    for (name, schema) in schemas {
        let page = page(&server, &format!("/reference/types/{name}"));
        let members = schema["properties"].as_object().into_iter().flatten();
        for (member, _) in members {
            assert!(page.contains(&format!("<code>{member}</code>")), "{name} {member}");
        }
        for link in page.split("href=\"/reference/types/").skip(1) {
            let target = link.split('"').next().unwrap_or_default();
            assert!(schemas.contains_key(target), "{name} leads to {target}");
        }
    }
    assert_eq!(server.anybody().get("/reference/types/None").status, 404);
    assert_eq!(server.anybody().get("/reference/none").status, 404);
}

#[test]
fn requests_are_found_and_tried() {
    let server = Server::start();
    let found = page(&server, "/reference?q=quarantine+put");
    assert!(found.contains("href=\"/reference/setAside\""), "{found}");
    assert!(!found.contains("href=\"/reference/listDevices\""), "{found}");
    let hostile = page(&server, "/reference?q=%3Cscript%3E");
    assert!(hostile.contains("&lt;script&gt;") && !hostile.contains("<script>"), "{hostile}");
    let tried = page(&server, "/reference/setAside?lang=en");
    assert!(tried.contains("data-tries=\"PUT\""), "{tried}");
    assert!(tried.contains("name=\"path:vendor\""), "{tried}");
    assert!(tried.contains("copy the line above"), "without script there is another way");
    let file = page(&server, "/reference/publishPackage?lang=en");
    assert!(!file.contains("data-tries") && file.contains("--data-binary @FILE"), "{file}");
    assert_eq!(server.anybody().get("/openapi.json").body["openapi"], Json::from("3.1.0"));
}
