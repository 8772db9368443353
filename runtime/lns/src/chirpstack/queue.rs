//! ChirpStack's queue of a device, as its REST and gRPC interfaces show it.
//!
//! These interfaces name a command themselves, so one whose answer was lost is known by all that was asked
//! for: port, payload, and the moment at which it expires.

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::outgoing::{OutgoingCommand, Waiting};

/// ChirpStack's databases keep moments in microseconds at best.
const SAME_MOMENT: SignedDuration = SignedDuration::from_millis(1);

/// Looks for a command among those that wait.
pub(super) fn waiting(queue: &Json, order: &OutgoingCommand<'_>) -> Waiting {
    let items = queue["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = order.id.to_string();
    let named = |item: &&Json| {
        let id = item["id"].as_str();
        id.is_some() && (id == order.reference || id == Some(own.as_str()))
    };
    let found = items.iter().find(named).or_else(|| {
        // What has a name is known by it.
        let unnamed = order.reference.is_none();
        // Of several that are alike the latest is meant: those before it have been answered.
        items.iter().rev().filter(|_| unnamed).find(|item| is_alike(item, order))
    });
    found.map_or(Waiting::Not, |item| Waiting::Here {
        reference: item["id"].as_str().map(str::to_owned),
        sent: item["isPending"] == Json::Bool(true),
        others: items.len() - 1,
    })
}

fn is_alike(item: &Json, order: &OutgoingCommand<'_>) -> bool {
    let expires_at = item["expiresAt"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let is_same_moment = expires_at
        .is_some_and(|moment| moment.duration_since(order.expires_at).abs() <= SAME_MOMENT);
    item["fPort"].as_u64() == Some(order.f_port.into())
        && item["data"] == BASE64.encode(order.payload).as_str()
        && is_same_moment
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outgoing::tests::order;

    #[test]
    fn a_command_is_known_by_its_name_or_by_all_that_was_asked_for() {
        let item = |id: &str, data: &str, expires_at: &str| json!({ "id": id, "fPort": 60, "data": data, "expiresAt": expires_at });
        let queue = json!({ "totalCount": 3, "result": [
            item("a", "AAAA", "2026-01-31T13:00:00Z"),
            item("b", "Af5k", "2026-01-31T14:00:00Z"),
            item("c", "Af5k", "2026-01-31T13:00:00.000400Z"),
        ]});
        let here =
            |id: &str| Waiting::Here { reference: Some(id.to_owned()), sent: false, others: 2 };
        assert_eq!(waiting(&queue, &order()), here("c"));
        let named = OutgoingCommand { reference: Some("b"), ..order() };
        assert_eq!(waiting(&queue, &named), here("b"));
        let gone = OutgoingCommand { reference: Some("d"), ..order() };
        assert_eq!(waiting(&queue, &gone), Waiting::Not);
        assert_eq!(waiting(&json!({}), &order()), Waiting::Not);
        let own = order().id.to_string();
        let pending = json!({ "result": [{ "id": own, "isPending": true }] });
        let sent = Waiting::Here { reference: Some(own), sent: true, others: 0 };
        assert_eq!(waiting(&pending, &order()), sent);
    }
}
