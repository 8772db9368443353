//! Every page of the list, in every language: its policy, its language, its heading.

use champollion_tests::Answer;

use crate::list::{Page, Town, pages};

/// The languages of pages, with a text that stands on each of them.
const LANGUAGES: [(&str, &str); 2] = [("en", "Skip to the content"), ("fr", "Aller au contenu")];

#[test]
fn every_page_answers_in_every_language_and_within_its_policy() {
    let town = Town::start();
    for page in pages() {
        for (language, text) in LANGUAGES {
            let answer =
                town.visitor(&page.role).in_language(language).open(&town.server, &page.path);
            let name = format!("{} in {language}", page.name);
            assert_eq!(answer.status, page.status, "{name}: {}", answer.text);
            check(&answer, &name);
            assert!(answer.text.contains(&format!("<html lang=\"{language}\"")), "{name}");
            assert!(answer.text.contains(text), "{name} lacks {text:?}");
        }
    }
}

/// Checks what no page may lack.
#[track_caller]
fn check(answer: &Answer, name: &str) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{name}");
    assert_eq!(answer.header("cache-control"), "no-store", "{name}");
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{name}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{name}: {policy}");
    for script in answer.text.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains("src=\"/assets/"), "{name} has a script of its own: {tag}");
    }
    for inline in ["style=\"", " onclick=", " onload=", "javascript:", "<style"] {
        assert!(!answer.text.contains(inline), "{name} has {inline}");
    }
    assert_eq!(answer.text.matches("<h1").count(), 1, "{name} has one heading");
    for address in ["src=\"http", "href=\"//", "src=\"//"] {
        assert!(!answer.text.contains(address), "{name} loads from elsewhere");
    }
}

#[test]
fn the_pages_of_the_list_have_names_of_their_own() {
    let mut names: Vec<String> = pages().into_iter().map(|Page { name, .. }| name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn the_language_and_the_colours_are_chosen_and_kept() {
    let town = Town::start();
    let visitor = town.visitor("nobody");
    let chosen = visitor.open(&town.server, "/preferences?language=fr&back=/workbench");
    assert_eq!((chosen.status, chosen.header("location")), (303, "/workbench"));
    assert!(chosen.header("set-cookie").starts_with("champollion-language=fr;"));
    let elsewhere = visitor.open(&town.server, "/preferences?theme=dark&back=//evil.example");
    assert_eq!(elsewhere.header("location"), "/");
    let by_address = visitor.open(&town.server, "/catalogue?lang=fr");
    assert!(by_address.text.contains("<html lang=\"fr\""));
    assert!(by_address.header("set-cookie").starts_with("champollion-language=fr;"));
}

#[test]
fn problems_are_pages_for_people_and_json_for_programs() {
    let town = Town::start();
    let page = town.visitor("nobody").open(&town.server, "/v1/devices");
    assert_eq!(page.status, 401);
    assert!(page.text.contains("/sign-in?next="), "{}", page.text);
    town.server.anybody().get("/v1/devices").problem(401, "token-missing");
    town.server.anybody().get("/nowhere").problem(404, "no-such-path");
}

#[test]
fn the_style_is_kept_for_good() {
    let town = Town::start();
    let page = town.visitor("nobody").open(&town.server, "/");
    let path = page.text.split("rel=\"stylesheet\" href=\"").nth(1).expect("a page has a style");
    let path = path.split('"').next().unwrap_or_default();
    let style = town.server.anybody().get(path);
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(style.header("content-type"), "text/css");
}
