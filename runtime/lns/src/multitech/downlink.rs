//! Commands through a Conduit: by the `down` topics. It tells nothing of a command that names it.

use champollion_frames::DevEui;
use data_encoding::BASE64;
use serde_json::json;

use super::Multitech;
use crate::outgoing::{Commands, Outgoing, OutgoingCommand, Via};

impl Commands for Multitech {
    fn ways(&self) -> &'static [Via] {
        &[Via::Mqtt]
    }

    fn outgoing(&self, _: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        Ok(message(order))
    }
}

/// The message for the topic that the device's uplinks come from the side of: the broker in the gateway, or the
/// application or gateway at another broker.
fn message(order: &OutgoingCommand<'_>) -> Outgoing {
    let device = dashed(order.dev_eui);
    let rest = match order.application {
        None => format!("lora/{device}/down"),
        // The name of an application is an EUI; that of a gateway, which is longer, a UUID.
        Some(application) if application.parse::<DevEui>().is_ok() => {
            format!("lorawan/{application}/{device}/down")
        }
        Some(gateway) => format!("lorawan/{gateway}/down"),
    };
    let topic = order.topic(order.application.unwrap_or_default(), &device, "", &rest);
    let payload = json!({
        "deveui": device,
        "port": order.f_port,
        "data": BASE64.encode(order.payload),
        "ack": order.confirmed,
    });
    Outgoing::Mqtt { topic, payload: payload.to_string().into_bytes() }
}

/// A DevEUI as the Conduit writes it: small, with dashes.
fn dashed(dev_eui: DevEui) -> String {
    let digits = dev_eui.to_string().to_lowercase();
    let mut dashed = String::with_capacity(23);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index.is_multiple_of(2) {
            dashed.push('-');
        }
        dashed.push(digit);
    }
    dashed
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::outgoing::tests::order;

    fn topic(application: Option<&str>) -> String {
        let Outgoing::Mqtt { topic, .. } = message(&OutgoingCommand { application, ..order() })
        else {
            panic!("a message")
        };
        topic
    }

    #[test]
    fn a_command_goes_the_way_that_uplinks_come() {
        assert_eq!(topic(None), "lora/02-c4-a3-ff-fe-10-00-01/down");
        assert_eq!(
            topic(Some("8b-6c-f0-8e-ee-df-1b-b6")),
            "lorawan/8b-6c-f0-8e-ee-df-1b-b6/02-c4-a3-ff-fe-10-00-01/down"
        );
        let gateway = "029998e0-6156-cdd4-4523-264b523115c1";
        assert_eq!(topic(Some(gateway)), format!("lorawan/{gateway}/down"));
        let Outgoing::Mqtt { payload, .. } = message(&order()) else { panic!("a message") };
        let said: Json = serde_json::from_slice(&payload).unwrap();
        let expected = json!({
            "deveui": "02-c4-a3-ff-fe-10-00-01", "port": 60, "data": "Af5k", "ack": true,
        });
        assert_eq!(said, expected);
    }
}
