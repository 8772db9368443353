//! A recipient on this machine is handed records, and answers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{LinesPush, LinesPushError};
use crate::destinations::{
    AddressRules, DestinationLimits, HandoverResult, Parcel, Reach, Recipient, Shaped, Verdict,
};

/// The limits of an operator who allows recipients on this machine.
fn limits() -> DestinationLimits {
    let all = Reach {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        allow_ports: vec!["1-65535".parse().unwrap()],
        ..Reach::default()
    };
    DestinationLimits {
        addresses: AddressRules { all: Arc::new(all), ..AddressRules::default() },
        plain_http: true,
        folders: None,
        pauses: (Duration::from_secs(1), Duration::from_secs(60)),
        time_zones: BTreeMap::new(),
    }
}

fn push(host: &str, port: u16) -> LinesPush {
    serde_json::from_value(serde_json::json!({ "host": host, "port": port })).unwrap()
}

fn parcel(records: &[&str]) -> Parcel {
    let shaped = |json: &&str| Shaped {
        id: "record".to_owned(),
        dev_eui: "70B3D5499A000001".parse().unwrap(),
        received_at: "2026-03-01T08:00:00Z".parse().unwrap(),
        json: Arc::from(*json),
    };
    Parcel {
        id: "parcel".to_owned(),
        records: records.iter().map(shaped).collect(),
        is_test: false,
        trace: None,
    }
}

/// Hands two records over to a recipient that gives an answer; returns what it got, and the result.
async fn handed_over(answer: &str) -> (String, HandoverResult) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let push = push("127.0.0.1", listener.local_addr().unwrap().port());
    let recipient = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = String::new();
        stream.read_to_string(&mut got).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        got
    };
    let limits = limits();
    let connector = limits.connector(&"water".parse().unwrap());
    let sender = push.recipient(&limits, connector).unwrap();
    tokio::join!(recipient, async { sender.hand_over(&parcel(&["{\"a\":1}", "{\"a\":2}"])).await })
}

#[tokio::test]
async fn records_are_lines_and_taken_once_the_recipient_says_so() {
    let (got, result) = handed_over("taken\n").await;
    assert_eq!(got, "{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(result.verdict, Verdict::Taken);
}

#[tokio::test]
async fn another_answer_and_none_are_handed_over_again() {
    for answer in ["", "the disk is full\n"] {
        let (_, result) = handed_over(answer).await;
        assert_eq!(result.verdict, Verdict::Later(None));
        assert!(result.message().contains(answer.trim()), "{result:?}");
    }
}

#[test]
fn the_operator_says_where_lines_may_go() {
    let refused = |push: LinesPush, limits: &DestinationLimits| {
        let connector = limits.connector(&"water".parse().unwrap());
        push.recipient(limits, connector).err().expect("it is refused")
    };
    let secured = DestinationLimits { plain_http: false, ..limits() };
    assert_eq!(refused(push("127.0.0.1", 9000), &secured), LinesPushError::Plain);
    let outside = refused(push("10.0.0.1", 9000), &limits());
    assert!(matches!(outside, LinesPushError::Address(_)), "{outside}");
    let (before, after) = (push("a.example", 9000), push("a.example", 9001));
    assert_eq!(after.target().changed(&before.target()), Some("port"));
}
