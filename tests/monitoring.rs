//! Alerts and dashboard for operators, held against the metrics that the server has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use champollion_tests::workspace;
use promql_parser::parser::{self, Expr, VectorSelector};
use serde_json::Value as Json;

/// The endings that Prometheus gives to the series of a histogram.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// The labels that every series has at Prometheus.
const OF_PROMETHEUS: [&str; 3] = ["instance", "job", "le"];

/// The series that Prometheus makes itself.
const UP: &str = "up";

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

/// The selectors of an expression, as deep as they stand.
fn selectors<'of>(expression: &'of Expr, found: &mut Vec<&'of VectorSelector>) {
    match expression {
        Expr::Aggregate(of) => selectors(&of.expr, found),
        Expr::Unary(of) => selectors(&of.expr, found),
        Expr::Binary(of) => {
            selectors(&of.lhs, found);
            selectors(&of.rhs, found);
        }
        Expr::Paren(of) => selectors(&of.expr, found),
        Expr::Subquery(of) => selectors(&of.expr, found),
        Expr::VectorSelector(of) => found.push(of),
        Expr::MatrixSelector(of) => found.push(&of.vs),
        Expr::Call(of) => of.args.args.iter().for_each(|argument| selectors(argument, found)),
        _ => {}
    }
}

/// The metric that a series belongs to.
fn metric_of(series: &str, metrics: &BTreeMap<String, (String, BTreeSet<String>)>) -> String {
    let of_histogram = OF_HISTOGRAMS.iter().find_map(|end| series.strip_suffix(end));
    let of_histogram =
        of_histogram.filter(|name| metrics.get(*name).is_some_and(|(kind, _)| kind == "histogram"));
    of_histogram.unwrap_or(series).to_owned()
}

/// The faults of an expression: that it cannot be read, or names what the server does not have.
fn faults(expression: &str) -> Vec<String> {
    let (metrics, mut found) = (metrics(), Vec::new());
    let parsed = match parser::parse(expression) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("{expression}: {error}")],
    };
    selectors(&parsed, &mut found);
    let mut faults = Vec::new();
    for selector in found {
        let series = selector.name.clone().unwrap_or_default();
        if series == UP {
            continue;
        }
        let Some((kind, labels)) = metrics.get(&metric_of(&series, &metrics)) else {
            faults.push(format!("{expression}: {series} is no metric"));
            continue;
        };
        if kind == "histogram" && metrics.contains_key(&series) {
            faults.push(format!(
                "{expression}: {series} is a histogram, and has no series of its own"
            ));
        }
        let used = selector.matchers.matchers.iter().map(|matcher| matcher.name.as_str());
        let unknown =
            used.filter(|label| !labels.contains(*label) && !OF_PROMETHEUS.contains(label));
        faults.extend(unknown.map(|label| format!("{expression}: {series} has no label {label}")));
    }
    faults
}

#[track_caller]
fn without_faults(expressions: &[String]) {
    let faults: Vec<String> = expressions.iter().flat_map(|text| faults(text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_alert_can_be_read_and_names_metrics_that_there_are() {
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

#[test]
fn every_panel_can_be_read_and_names_metrics_that_there_are() {
    let dashboard: Json =
        serde_json::from_str(&text("examples/grafana/operator.json")).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("there are panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let expressions: Vec<String> =
        targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect();
    assert!(expressions.len() > 20, "{} expressions", expressions.len());
    without_faults(&expressions);
    let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has a number of its own");
}

#[test]
fn a_name_that_the_server_does_not_have_is_found() {
    for (expression, says) in [
        ("rate(champollion_frames_totals[5m])", "no metric"),
        ("champollion_frames_total{outcome=\"x\"}", "no label outcome"),
        ("rate(champollion_decode_seconds[5m])", "histogram"),
        ("rate(champollion_frames_total[5m]", "champollion_frames_total"),
    ] {
        let found = faults(expression);
        assert!(found.len() == 1 && found[0].contains(says), "{expression}: {found:?}");
    }
}
