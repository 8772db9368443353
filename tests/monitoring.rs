//! Alerts and dashboard for operators, held against the metrics that the server has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use champollion_tests::{run, workspace};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// The endings that Prometheus gives to the series of a histogram.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// The labels that every series has at Prometheus.
const OF_PROMETHEUS: [&str; 3] = ["instance", "job", "le"];

/// Begins the names of all metrics of the server.
const OURS: &str = "champollion_";

/// The metrics of docs/metrics.md, which a test holds against the sources, with their kinds and labels.
fn metrics() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let page = text("docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let metric = |row: &str| {
        let mut cells = row.split('|').map(str::trim);
        let name = cells.next().expect("a name").trim_end_matches('`').to_owned();
        let kind = cells.next().expect("a kind").to_owned();
        let labels = cells.next().expect("labels").split(", ").filter(|label| !label.is_empty());
        (name, (kind, labels.map(str::to_owned).collect()))
    };
    rows.map(metric).collect()
}

fn text(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).expect("it is there")
}

/// A series that an expression names, and the labels that it is chosen by.
#[derive(Debug, PartialEq)]
struct Selector<'of> {
    series: &'of str,
    labels: Vec<&'of str>,
}

/// The series of ours that an expression names.
fn selectors(expression: &str) -> Vec<Selector<'_>> {
    let starts = expression.match_indices(OURS).map(|(at, _)| &expression[at..]);
    starts.map(selector).collect()
}

fn selector(text: &str) -> Selector<'_> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = text.find(|character| !is_name(character)).unwrap_or(text.len());
    let (series, rest) = text.split_at(end);
    let chosen = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
    let label = |matcher: &'_ str| matcher.find(|character| !is_name(character));
    let matchers = chosen.split(',').map(str::trim).filter(|matcher| !matcher.is_empty());
    let labels =
        matchers.map(|matcher| &matcher[..label(matcher).unwrap_or(matcher.len())]).collect();
    Selector { series, labels }
}

/// The metric that a series belongs to.
fn metric_of(series: &str, metrics: &BTreeMap<String, (String, BTreeSet<String>)>) -> String {
    let of_histogram = OF_HISTOGRAMS.iter().find_map(|end| series.strip_suffix(end));
    let of_histogram =
        of_histogram.filter(|name| metrics.get(*name).is_some_and(|(kind, _)| kind == "histogram"));
    of_histogram.unwrap_or(series).to_owned()
}

/// The names in an expression that the server does not have.
fn faults(expression: &str) -> Vec<String> {
    let metrics = metrics();
    let mut faults = Vec::new();
    for Selector { series, labels: used } in selectors(expression) {
        let Some((kind, labels)) = metrics.get(&metric_of(series, &metrics)) else {
            faults.push(format!("{expression}: {series} is no metric"));
            continue;
        };
        if kind == "histogram" && metrics.contains_key(series) {
            let fault = "is a histogram, and has no series of its own";
            faults.push(format!("{expression}: {series} {fault}"));
        }
        let unknown = used
            .into_iter()
            .filter(|label| !labels.contains(*label) && !OF_PROMETHEUS.contains(label));
        faults.extend(unknown.map(|label| format!("{expression}: {series} has no label {label}")));
    }
    faults
}

/// Has Prometheus's own tool check rules.
#[track_caller]
fn checked(rules: &Path) {
    drop(run(Command::new("promtool").args(["check", "rules"]).arg(rules)).success());
}

#[track_caller]
fn without_faults(expressions: &[String]) {
    let faults: Vec<String> = expressions.iter().flat_map(|text| faults(text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_alert_has_its_action_and_names_metrics_that_there_are() {
    let rules: Json =
        serde_saphyr::from_str(&text("examples/prometheus/rules.yml")).expect("it is YAML");
    let groups = rules["groups"].as_array().expect("there are groups");
    let rules: Vec<&Json> =
        groups.iter().flat_map(|group| group["rules"].as_array().expect("rules")).collect();
    assert!(rules.len() > 10, "{} rules", rules.len());
    let expressions: Vec<String> =
        rules.iter().map(|rule| rule["expr"].as_str().expect("an expression").to_owned()).collect();
    without_faults(&expressions);
    for rule in rules {
        let severity = rule["labels"]["severity"].as_str().expect("a severity");
        assert!(["critical", "warning"].contains(&severity), "{rule}");
        for annotation in ["summary", "action"] {
            assert!(rule["annotations"][annotation].is_string(), "{annotation} is missing: {rule}");
        }
    }
}

/// The expressions of the dashboard.
fn of_dashboard(dashboard: &Json) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("there are panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect()
}

fn dashboard() -> Json {
    serde_json::from_str(&text("examples/grafana/operator.json")).expect("it is JSON")
}

#[test]
fn every_panel_names_metrics_that_there_are() {
    let dashboard = dashboard();
    let expressions = of_dashboard(&dashboard);
    assert!(expressions.len() > 20, "{} expressions", expressions.len());
    without_faults(&expressions);
    let panels = dashboard["panels"].as_array().expect("there are panels");
    let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has a number of its own");
}

#[test]
fn of_promtool_the_alerts_are_rules_of_prometheus() {
    checked(&workspace().join("examples/prometheus/rules.yml"));
}

/// The tool reads rules alone, so each expression of a panel becomes one. JSON is YAML.
#[test]
fn of_promtool_the_panels_have_expressions_of_prometheus() {
    let expressions = of_dashboard(&dashboard());
    let rule = |(number, text): (usize, &String)| json!({ "record": format!("panel_{number}"), "expr": text });
    let rules: Vec<Json> = expressions.iter().enumerate().map(rule).collect();
    let folder = TempDir::new().expect("there is room");
    let file = folder.path().join("rules.yml");
    let text = json!({ "groups": [{ "name": "panels", "rules": rules }] }).to_string();
    fs::write(&file, text).expect("there is room");
    checked(&file);
}

#[test]
fn a_name_that_the_server_does_not_have_is_found() {
    for (expression, says) in [
        ("rate(champollion_frames_totals[5m])", "no metric"),
        ("champollion_frames_total{outcome=\"x\"}", "no label outcome"),
        ("rate(champollion_decode_seconds[5m])", "histogram"),
    ] {
        let found = faults(expression);
        assert!(found.len() == 1 && found[0].contains(says), "{expression}: {found:?}");
    }
    assert_eq!(
        faults("rate(champollion_decode_seconds_bucket{decoder=\"a\", le=\"1\"}[5m])"),
        [""; 0]
    );
}
