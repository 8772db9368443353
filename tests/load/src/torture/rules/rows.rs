//! The rows of alerts as the server lists them, against the frames that were acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    levels::{Course, measured_at, raised_by},
    tellings::{Transition, Turn},
};

/// An alert as the server lists it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::torture) struct Row {
    id: String,
    rule: String,
    device: String,
    value: f64,
    since: Timestamp,
    #[serde(default)]
    ended_at: Option<Timestamp>,
    #[serde(default)]
    dropped: bool,
    #[serde(default)]
    commanded: Option<Commanded>,
}

/// The end of the command of an alert.
#[derive(Clone, Debug, Deserialize)]
struct Commanded {
    device: String,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    problem: Option<String>,
}

/// A command that the server lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) device: String,
    /// The name of its sender.
    pub(super) by: String,
    pub(super) expires_at: Timestamp,
}

impl Row {
    /// The course of the alert; nothing where its value and its moments do not name frames.
    fn course(&self) -> Option<Course> {
        let raised = raised_by(self.value)?;
        let ended = match self.ended_at {
            Some(at) => Some(measured_at(at)?),
            None => None,
        };
        let fits = measured_at(self.since) == Some(raised) && !self.dropped;
        fits.then_some(Course { raised, ended })
    }
}

/// The transitions of courses, as recipients are told them.
pub(super) fn transitions<'of>(
    device: &'of str,
    courses: &'of [Course],
) -> impl Iterator<Item = Transition> + 'of {
    courses.iter().flat_map(move |course| {
        let turn = |turn| Transition { device: device.to_owned(), raised: course.raised, turn };
        let ended = course.ended.map(|_| turn(Turn::Ended));
        [Some(turn(Turn::Raised)), ended].into_iter().flatten()
    })
}

/// Says where the rows of a rule are others than its devices' courses: one is missing, doubled, hangs or never was.
pub(super) fn judge(
    rule: &str,
    rows: &[Row],
    courses: &BTreeMap<String, Vec<Course>>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut listed: BTreeMap<&str, Vec<Course>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.rule == rule) {
        match row.course() {
            Some(course) => listed.entry(&row.device).or_default().push(course),
            None => found.push(format!("an alert that no frame has raised so: {row:?}")),
        }
    }
    for (device, expected) in courses {
        let mut own = listed.remove(device.as_str()).unwrap_or_default();
        own.sort_by_key(|course| course.raised);
        if own != *expected {
            let place = own.iter().zip(expected).take_while(|(one, other)| one == other).count();
            found.push(format!(
                "{rule} of {device}: alert {place} is {:?}, and should be {:?}",
                own.get(place),
                expected.get(place)
            ));
        }
    }
    found.extend(listed.into_keys().map(|device| format!("{rule} is of {device}, too")));
    found
}

/// Says which ids are of several alerts.
pub(super) fn doubled(rows: &[Row]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let again = rows.iter().filter(|row| !known.insert(&row.id));
    again.map(|row| format!("the id {} is of several alerts", row.id)).collect()
}

/// Says which alerts of a rule have not commanded once: each names a command of its own, and there are no others.
pub(super) fn judge_commands(rule: &str, rows: &[Row], sent: &[Sent]) -> Vec<String> {
    let by = format!("alert {rule}");
    let mut left: BTreeMap<&str, &Sent> = BTreeMap::new();
    let mut found = Vec::new();
    for command in sent.iter().filter(|command| command.by == by) {
        if left.insert(&command.id, command).is_some() {
            found.push(format!("the command {} is listed twice", command.id));
        }
    }
    for row in rows.iter().filter(|row| row.rule == rule) {
        let Some(commanded) = &row.commanded else {
            found.push(format!("the command of the alert {} hangs", row.id));
            continue;
        };
        let Some(id) = &commanded.command else {
            found.push(format!("the alert {} commanded nothing: {:?}", row.id, commanded.problem));
            continue;
        };
        if left.remove(id.as_str()).is_none_or(|command| command.device != commanded.device) {
            found
                .push(format!("the command {id} of the alert {} is missing, or another's", row.id));
        }
    }
    found.extend(left.into_keys().map(|id| format!("the command {id} of {rule} is of no alert")));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::meters::CLOCK;

    const DEVICE: &str = "02C4A3FFFE200000";

    fn moment(f_cnt: u32) -> Timestamp {
        Timestamp::from_second(i64::from(CLOCK + f_cnt)).unwrap()
    }

    fn row(id: &str, raised: u32, more: &Json) -> Row {
        let mut row = json!({
            "id": id, "rule": "high", "device": DEVICE, "since": moment(raised),
            "value": f64::from(310_000 + raised) / 1_000.0,
        });
        for (name, value) in more.as_object().unwrap() {
            row[name] = value.clone();
        }
        serde_json::from_value(row).unwrap()
    }

    fn right() -> Vec<Row> {
        vec![row("1", 2, &json!({ "endedAt": moment(6) })), row("2", 9, &json!({}))]
    }

    fn judged(rows: &[Row]) -> Vec<String> {
        let course = |raised, ended| Course { raised, ended };
        let courses = vec![course(2, Some(6)), course(9, None)];
        judge("high", rows, &BTreeMap::from([(DEVICE.to_owned(), courses)]))
    }

    #[test]
    fn the_right_history_is_found_right_in_any_order() {
        assert!(judged(&right()).is_empty(), "{:?}", judged(&right()));
        let mut reversed = right();
        reversed.reverse();
        assert!(judged(&reversed).is_empty());
        assert!(doubled(&right()).is_empty());
    }

    #[test]
    fn each_wrong_history_is_found_wrong() {
        let [first, second]: [Row; 2] = right().try_into().unwrap();
        let other = |change: &dyn Fn(&mut Row)| {
            let mut changed = first.clone();
            change(&mut changed);
            vec![changed, second.clone()]
        };
        for (wrong, rows) in [
            ("lost", vec![first.clone()]),
            (
                "doubled",
                vec![first.clone(), row("3", 2, &json!({ "endedAt": moment(6) })), second.clone()],
            ),
            ("never was", vec![first.clone(), second.clone(), row("3", 12, &json!({}))]),
            (
                "raised by a later frame",
                vec![row("1", 3, &json!({ "endedAt": moment(6) })), second.clone()],
            ),
            ("left hanging", other(&|row| row.ended_at = None)),
            ("ended by another frame", other(&|row| row.ended_at = Some(moment(7)))),
            ("dropped", other(&|row| row.dropped = true)),
            ("since another moment", other(&|row| row.since = moment(1))),
            ("of another device", other(&|row| row.device = "02C4A3FFFE200001".to_owned())),
        ] {
            assert!(!judged(&rows).is_empty(), "{wrong}");
        }
        assert_eq!(doubled(&[first.clone(), first]).len(), 1);
    }

    #[test]
    fn recipients_are_told_of_each_begin_and_each_end() {
        let courses = [Course { raised: 2, ended: Some(6) }, Course { raised: 9, ended: None }];
        let turns: Vec<_> =
            transitions(DEVICE, &courses).map(|one| (one.raised, one.turn)).collect();
        assert_eq!(turns, [(2, Turn::Raised), (2, Turn::Ended), (9, Turn::Raised)]);
    }

    fn commanded(alert: &str, command: &str) -> Row {
        row(alert, 2, &json!({ "commanded": { "device": "lamp", "command": command } }))
    }

    fn sent(id: &str) -> Sent {
        let (device, by) = ("lamp".to_owned(), "alert high".to_owned());
        Sent { id: id.to_owned(), device, by, expires_at: moment(0) }
    }

    #[test]
    fn each_alert_has_commanded_once() {
        let rows = [commanded("1", "a"), commanded("2", "b")];
        let judged = |rows: &[Row], sent: &[Sent]| judge_commands("high", rows, sent).len();
        assert_eq!(judged(&rows, &[sent("b"), sent("a")]), 0);
        assert_eq!(judged(&rows, &[sent("a")]), 1, "one is lost");
        assert_eq!(judged(&rows, &[sent("a"), sent("b"), sent("c")]), 1, "one is of no alert");
        assert_eq!(judged(&rows, &[sent("a"), sent("b"), sent("b")]), 1, "one is listed twice");
        let twice = [commanded("1", "a"), commanded("2", "a")];
        assert_eq!(judged(&twice, &[sent("a")]), 1, "two alerts share one");
        let hanging = [commanded("1", "a"), row("2", 9, &json!({}))];
        assert_eq!(judged(&hanging, &[sent("a")]), 1, "one hangs");
        let refused = row("2", 9, &json!({ "commanded": { "device": "lamp", "problem": "no" } }));
        assert_eq!(judged(&[refused], &[]), 1, "nothing was commanded");
        let mut elsewhere = sent("a");
        elsewhere.device = "another".to_owned();
        assert_eq!(judged(&[commanded("1", "a")], &[elsewhere]), 1, "another lamp was");
    }
}
