use std::{collections::BTreeMap, sync::Arc};

use champollion_fleet::names::{GroupId, PartnerId, UseCase};
use champollion_frames::DevEui;
use champollion_store::{Batch, SledOptions, SledStore, Store};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::*;

fn settings(value: Value) -> Result<StatementSettings, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// The catalogue of the territory: water metering has a tariff of its own, which rises within a year.
fn territory() -> Value {
    json!({
        "currency": "EUR",
        "tariffs": [
            { "name": "water metering", "use-cases": ["water-metering"], "from": "2026-01-01", "price": "4.20" },
            { "name": "water metering 2", "use-cases": ["water-metering"], "from": "2028-02-29", "price": "4.35" },
            { "name": "other uses", "from": "2026-01-01", "price": "4.80" },
        ],
        "subscriptions": [
            { "name": "subscription", "from": "2026-01-01", "per-inhabitant": "0.0525", "most-inhabitants": 20001 },
        ],
        "inhabitants": { "city": 30000, "valley": 99 },
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut changed = territory();
    *changed.pointer_mut(pointer).unwrap() = value;
    changed
}

fn device(number: u64) -> DevEui {
    format!("{number:016X}").parse().unwrap()
}

fn state(group: &str, use_case: Option<&str>, in_service: bool) -> ServiceState {
    let use_case: Option<UseCase> = use_case.map(|name| name.parse().unwrap());
    ServiceState { group: group.parse().unwrap(), use_case, in_service }
}

fn states() -> BTreeMap<DevEui, ServiceState> {
    [
        (device(1), state("water", Some("water-metering"), true)),
        (device(2), state("water", Some("water-metering"), true)),
        (device(3), state("water", Some("water-metering"), false)),
        (device(4), state("light", Some("street-lighting"), true)),
        (device(5), state("light", None, true)),
        (device(6), state("valley", None, true)),
        (device(7), state("nobody", None, true)),
    ]
    .into()
}

fn partner_of(group: &GroupId) -> Option<PartnerId> {
    let partner = match group.as_str() {
        "water" | "light" => "city",
        "valley" => "valley",
        _ => return None,
    };
    Some(partner.parse().unwrap())
}

fn stated(date: &str, partner: &str) -> Statement {
    let settings = settings(territory()).unwrap();
    let day =
        StatementDay::of(date.parse().unwrap(), TimeZone::get("Europe/Paris").unwrap()).unwrap();
    let mut all = Statement::of_all(&settings, day, states(), partner_of);
    assert_eq!(all.len(), 2, "objects of nobody are on no statement");
    all.remove(&partner.parse().unwrap()).unwrap()
}

#[test]
fn objects_are_counted_by_use_case_and_priced_exactly() {
    let city = stated("2027-01-01", "city");
    let lines: Vec<(u64, String)> =
        city.lines.iter().map(|line| (line.objects, line.amount.to_string())).collect();
    // Without a use case, street lighting, water metering.
    let expected = [(1, "4.80"), (1, "4.80"), (2, "8.40")];
    assert_eq!(lines, expected.map(|(objects, amount)| (objects, amount.to_owned())));
    assert_eq!(city.objects.len(), 4, "what is stored is not counted");
    let second = city.objects[1].dev_eui;
    assert_eq!(city.objects_after(Some(second)), &city.objects[2..]);
    assert_eq!(city.objects_after(None).len(), 4);
    assert!(city.objects_after(Some(city.objects[3].dev_eui)).is_empty());
    let subscription = city.subscription.as_ref().unwrap();
    assert_eq!((subscription.inhabitants, subscription.counted), (30_000, 20_001));
    assert_eq!(subscription.amount.to_string(), "1050.05", "20001 × 0.0525 = 1050.0525");
    assert_eq!(city.total.to_string(), "1068.05");
    let valley = stated("2027-01-01", "valley").subscription.unwrap();
    assert_eq!((valley.counted, valley.amount.to_string()), (99, "5.20".to_owned()), "of 5.1975");
}

#[test]
fn halves_are_rounded_up_and_cents_never() {
    let rate: Rate = "0.0050".parse().unwrap();
    assert_eq!(rate.times(1).to_string(), "0.01");
    assert_eq!("0.0049".parse::<Rate>().unwrap().times(1).to_string(), "0.00");
    assert_eq!("0.0149".parse::<Rate>().unwrap().times(100).to_string(), "1.49");
    assert_eq!("4.20".parse::<Cents>().unwrap().times(100_000).to_string(), "420000.00");
    assert_eq!("4.2".parse::<Cents>().unwrap(), Cents::new(420));
    assert_eq!("4".parse::<Cents>().unwrap(), Cents::new(400));
    for text in ["", ".", "4.", "-4.20", "4,20", "4.205", "+4", "4e2", " 4", "99999999999999999999"]
    {
        let refused = text.parse::<Cents>().unwrap_err().to_string();
        assert!(refused.contains("4.20"), "{refused}");
    }
}

#[test]
fn the_tariff_of_the_day_counts_also_where_it_changes_within_a_year() {
    let price = |date: &str| stated(date, "city").lines[2].price.unwrap().to_string();
    assert_eq!(price("2027-12-31"), "4.20");
    assert_eq!(price("2028-02-28"), "4.20");
    assert_eq!(price("2028-02-29"), "4.35", "the day that three years of four have not");
    assert_eq!(price("2028-03-01"), "4.35");
    assert!("2027-02-29".parse::<Date>().is_err());
    // Before the first tariff nothing is priced, and objects are counted.
    let early = stated("2025-12-31", "city");
    assert_eq!((early.lines[2].objects, early.lines[2].price), (2, None));
    assert_eq!(early.total, Cents::default());
}

#[test]
fn a_tariff_ends_where_it_says() {
    let mut ended = territory();
    ended["tariffs"][0]["until"] = json!("2026-12-31");
    let settings = settings(ended).unwrap();
    let water: UseCase = "water-metering".parse().unwrap();
    let name = |date: &str| {
        settings.tariff(Some(&water), date.parse().unwrap()).map(|tariff| tariff.name.clone())
    };
    assert_eq!(name("2026-12-31").as_deref(), Some("water metering"));
    assert_eq!(name("2027-01-01").as_deref(), Some("other uses"));
    assert_eq!(name("2028-02-29").as_deref(), Some("water metering 2"));
}

#[test]
fn what_overlaps_is_refused_with_both_names() {
    let mut twice = territory();
    twice["tariffs"][1]["from"] = json!("2026-01-01");
    let refused = settings(twice).unwrap_err();
    assert!(refused.contains("\"water metering\" and \"water metering 2\""), "{refused}");
    assert!(refused.contains("water-metering from 2026-01-01 on"), "{refused}");
    let mut longer = territory();
    longer["tariffs"][0]["until"] = json!("2028-02-29");
    assert!(settings(longer).unwrap_err().contains("2028-02-29"));
    let mut others = territory();
    others["tariffs"][1]["use-cases"] = json!([]);
    others["tariffs"][1]["from"] = json!("2026-01-01");
    assert!(settings(others).unwrap_err().contains("all other use cases"));
    for (pointer, value, says) in [
        ("/tariffs/0/price", json!(4.2), "string"),
        ("/tariffs/0/price", json!("4,20"), "4.20"),
        ("/tariffs/0/from", json!("2027-02-29"), "2027-02"),
        ("/tariffs/0/name", json!("a\nb"), "one line"),
    ] {
        let refused = settings(changed(pointer, value)).unwrap_err();
        assert!(refused.contains(says), "{pointer}: {refused}");
    }
    let mut before = territory();
    before["tariffs"][2]["until"] = json!("2025-01-01");
    assert!(settings(before).unwrap_err().contains("ends on 2025-01-01"));
}

/// The inhabitants that count for the city on a day, with the first day on which they do.
fn counted(inhabitants: &Value, date: &str) -> Option<(u64, Option<String>)> {
    let settings = settings(changed("/inhabitants", inhabitants.clone())).unwrap();
    let day = StatementDay::of(date.parse().unwrap(), TimeZone::UTC).unwrap();
    let city: PartnerId = "city".parse().unwrap();
    let all = Statement::of_all(&settings, day, BTreeMap::new(), partner_of);
    let line = all.get(&city)?.subscription.clone()?;
    Some((line.inhabitants, line.inhabitants_from.map(|from| from.to_string())))
}

#[test]
fn the_inhabitants_of_the_day_count_also_once_there_are_others() {
    let once = json!({ "city": 18_200 });
    let dated = json!({ "city": [
        { "from": "2029-01-01", "number": 17_900, "until": "2029-12-31" },
        { "number": 18_200 },
        { "from": "2028-01-01", "number": 18_650 },
    ] });
    for date in ["2026-01-01", "2027-12-31"] {
        assert_eq!(counted(&dated, date), Some((18_200, None)), "{date}");
        assert_eq!(counted(&once, date), Some((18_200, None)), "{date}");
    }
    assert_eq!(counted(&dated, "2028-01-01"), Some((18_650, Some("2028-01-01".to_owned()))));
    assert_eq!(counted(&dated, "2028-12-31"), Some((18_650, Some("2028-01-01".to_owned()))));
    assert_eq!(counted(&dated, "2029-12-31"), Some((17_900, Some("2029-01-01".to_owned()))));
    assert_eq!(counted(&dated, "2030-01-01"), None, "it has ended, and nothing is stated");
    assert_eq!(
        counted(&json!({ "city": [{ "from": "2028-01-01", "number": 1 }] }), "2027-12-31"),
        None
    );
    assert_eq!(counted(&json!({ "city": "18200" }), "2027-01-01"), Some((18_200, None)));
    // A date beside a number that was issued without one leaves its text as it is.
    let text = |inhabitants: Value| {
        let settings = settings(changed("/inhabitants", inhabitants)).unwrap();
        let day = StatementDay::of("2027-01-01".parse().unwrap(), TimeZone::UTC).unwrap();
        Statement::new(&settings, day, "city".parse().unwrap(), Vec::new()).digest
    };
    assert_eq!(text(once), text(dated));
}

#[test]
fn inhabitants_that_count_twice_are_refused_with_both_numbers() {
    for (city, says) in [
        (
            json!([{ "from": "2028-01-01", "number": 1 }, { "from": "2028-01-01", "number": 2 }]),
            "\"1 inhabitants of city\" and \"2 inhabitants of city\" are both in force for the subscription from \
             2028-01-01 on",
        ),
        (
            json!([{ "number": 1 }, { "number": 2 }]),
            "from the beginning on: end the first one with until",
        ),
        (
            json!([{ "number": 1, "until": "2028-01-01" }, { "from": "2028-01-01", "number": 2 }]),
            "from 2028-01-01 on",
        ),
        (
            json!([{ "from": "2028-01-01", "number": 1, "until": "2027-12-31" }]),
            "\"1 inhabitants of city\" ends on 2027-12-31, before it begins on 2028-01-01",
        ),
        (json!([]), "a list of numbers with their first days"),
        (json!("many"), "a number of inhabitants"),
        (json!(1.5), "a number of inhabitants"),
        (json!(-1), "below zero"),
        (json!([{ "from": "2028-02-30", "number": 1 }]), "2028-02"),
        (json!([{ "since": "2028-01-01", "number": 1 }]), "since"),
    ] {
        let refused = settings(changed("/inhabitants", json!({ "city": city }))).unwrap_err();
        assert!(refused.contains(says), "{city}: {refused}");
    }
}

#[test]
fn days_begin_in_the_zone_of_the_territory() {
    let begins = |zone: &str, date: &str| {
        let zone = TimeZone::get(zone).unwrap();
        StatementDay::of(date.parse().unwrap(), zone).unwrap().begins.to_string()
    };
    assert_eq!(begins("Europe/Paris", "2027-01-01"), "2026-12-31T23:00:00Z");
    assert_eq!(begins("Europe/Paris", "2027-07-01"), "2027-06-30T22:00:00Z");
    assert_eq!(begins("Indian/Reunion", "2027-01-01"), "2026-12-31T20:00:00Z");
    assert_eq!(begins("UTC", "2027-01-01"), "2027-01-01T00:00:00Z");
    // In Beirut clocks go forward at midnight: the day begins at one.
    assert_eq!(begins("Asia/Beirut", "2021-03-28"), "2021-03-27T22:00:00Z");
}

#[test]
fn the_digest_is_of_the_text_and_changes_with_it() {
    let city = stated("2027-01-01", "city");
    let text = city.canonical();
    assert!(text.starts_with("champollion statement 1\npartner city\ndate 2027-01-01\n"), "{text}");
    assert!(text.contains("\nobject 0000000000000001 water water-metering\n"), "{text}");
    assert!(text.contains("\nline water-metering 2 4.20 8.40 water metering\n"), "{text}");
    assert!(text.ends_with("\ntotal 1068.05\n"), "{text}");
    assert_eq!(city.digest, stated("2027-01-01", "city").digest);
    assert_eq!(city.digest.len(), 64);
    assert_ne!(city.digest, stated("2027-01-02", "city").digest);
}

#[tokio::test]
async fn a_past_day_is_stated_out_of_the_changes_since() {
    let folder = tempfile::tempdir().unwrap();
    let options = SledOptions::new(folder.path().join("store"));
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let history = ServiceHistory::open(Arc::clone(&store), at(100)).await.unwrap();
    let again = ServiceHistory::open(Arc::clone(&store), at(900)).await.unwrap();
    assert_eq!((history.since(), again.since()), (at(100), at(100)));

    let water = || Some(state("water", None, true));
    let stored = || Some(state("water", None, false));
    let mut batch = Batch::new();
    let mut note = |number: u64, before, after, seconds: i64| {
        note_change(&mut batch, device(number), (before, after), at(seconds)).unwrap();
    };
    note(1, water(), water(), 150);
    note(2, None, water(), 200);
    note(3, water(), stored(), 200);
    note(3, stored(), water(), 300);
    note(4, water(), None, 300);
    store.commit(batch).await.unwrap();

    // Device 5 has never changed, and 4 is gone.
    let now: BTreeMap<DevEui, ServiceState> =
        [1, 2, 3, 5].map(|number| (device(number), water().unwrap())).into();
    let mut seen = Vec::new();
    for seconds in [50, 199, 200, 299, 300, 400] {
        let states = history.states_at(at(seconds), now.clone()).await.unwrap();
        let in_service = states.iter().filter(|(_, state)| state.in_service);
        let numbers: Vec<String> = in_service
            .map(|(dev_eui, _)| dev_eui.to_string().trim_start_matches('0').to_owned())
            .collect();
        seen.push((seconds, numbers.join(" ")));
    }
    let expected = [
        (50, "1 3 4 5"),
        (199, "1 3 4 5"),
        (200, "1 2 4 5"),
        (299, "1 2 4 5"),
        (300, "1 2 3 5"),
        (400, "1 2 3 5"),
    ];
    assert_eq!(seen, expected.map(|(seconds, numbers)| (seconds, numbers.to_owned())));
}

#[tokio::test]
async fn a_statement_is_issued_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = SledOptions::new(folder.path().join("store"));
    let store = SledStore::open(&options).unwrap();
    let statement = stated("2027-01-01", "city");
    let issued = IssuedStatement::of(&statement, Timestamp::UNIX_EPOCH);
    let put = || {
        let mut batch = Batch::new();
        issued.put(&mut batch, statement.date, &statement.partner).unwrap();
        store.commit(batch)
    };
    put().await.unwrap();
    assert!(put().await.is_err(), "the number that both parties hold stays");
    let kept = IssuedStatement::read(&store, statement.date, &statement.partner).await.unwrap();
    assert_eq!(kept, Some(issued.clone()));
}
