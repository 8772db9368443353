//! Handshakes: the question of a cloud whether the address that it shall deliver to agrees, which comes before
//! the credentials that it is told to send, and without them.
//!
//! Each holds an address that confirms it when it is opened. Opening it is left to a person: a server that
//! opens what strangers hand it can be made to ask anything of anybody. So that nobody is led astray either,
//! only addresses of the cloud itself count.

use http::{Uri, uri::Scheme};
use serde_json::Value as Json;

use crate::mistake::encoding::without_mark;

/// Most bytes of a handshake. Those of AWS have two tokens of about a thousand bytes each.
pub const HANDSHAKE_BYTES: usize = 8 << 10;

/// Most bytes of the name of what asks.
const RESOURCE_BYTES: usize = 512;

/// Most bytes of a token and of an address.
const TOKEN_BYTES: usize = 4 << 10;

/// The domains of AWS, where its confirmations are opened.
const AWS: &[&str] = &["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"];

/// The domains of Azure Event Grid.
const EVENT_GRID: &[&str] = &["eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn"];

/// A handshake of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The kind of the message, in the cloud's word.
    pub what: &'static str,
    /// The name of what is to deliver: the ARN of AWS, the topic of Azure.
    pub resource: String,
    /// The token that confirms, by the interface of the cloud.
    pub confirmation_token: String,
    /// The address that confirms when it is opened.
    pub enable_url: String,
}

/// The members of a cloud's handshake.
struct Form {
    what: &'static str,
    /// The pointers to the member that says what the message is.
    kind: &'static str,
    /// The value of that member.
    word: &'static str,
    resource: &'static str,
    token: &'static str,
    url: &'static str,
    domains: &'static [&'static str],
}

/// The handshakes that are known.
static FORMS: [Form; 3] = [
    Form {
        what: "DestinationConfirmation",
        kind: "/messageType",
        word: "DestinationConfirmation",
        resource: "/arn",
        token: "/confirmationToken",
        url: "/enableUrl",
        domains: AWS,
    },
    Form {
        what: "SubscriptionConfirmation",
        kind: "/Type",
        word: "SubscriptionConfirmation",
        resource: "/TopicArn",
        token: "/Token",
        url: "/SubscribeURL",
        domains: AWS,
    },
    Form {
        what: "SubscriptionValidation",
        kind: "/0/eventType",
        word: "Microsoft.EventGrid.SubscriptionValidationEvent",
        resource: "/0/topic",
        token: "/0/data/validationCode",
        url: "/0/data/validationUrl",
        domains: EVENT_GRID,
    },
];

impl Handshake {
    /// Reads a body that is a handshake; nothing where it is anything else.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        if body.len() > HANDSHAKE_BYTES {
            return None;
        }
        let json: Json = serde_json::from_slice(without_mark(body)).ok()?;
        FORMS.iter().find_map(|form| form.read(&json))
    }
}

impl Form {
    fn read(&self, json: &Json) -> Option<Handshake> {
        let text = |pointer: &str| json.pointer(pointer).and_then(Json::as_str);
        if text(self.kind)? != self.word {
            return None;
        }
        let printable = |pointer: &str, limit: usize| {
            let text = text(pointer)?;
            let is_good = !text.is_empty() && text.len() <= limit;
            (is_good && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
        };
        let enable_url = printable(self.url, TOKEN_BYTES)?;
        is_of(&enable_url, self.domains).then_some(Handshake {
            what: self.what,
            resource: printable(self.resource, RESOURCE_BYTES)?,
            confirmation_token: printable(self.token, TOKEN_BYTES)?,
            enable_url,
        })
    }
}

/// Whether an address is one of a domain, over HTTPS, and hides no other behind a user's name.
fn is_of(url: &str, domains: &[&str]) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|_| uri.scheme() == Some(&Scheme::HTTPS)) else {
        return false;
    };
    let host = authority.host().to_ascii_lowercase();
    let is_below = |domain: &&str| {
        host.strip_suffix(*domain).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
    };
    !authority.as_str().contains('@') && domains.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:iot:eu-west-1:123456789012:ruledestination/http/0000-4000";

    fn read(json: &Json) -> Option<Handshake> {
        Handshake::read(json.to_string().as_bytes())
    }

    fn aws_iot(url: &str) -> Json {
        json!({
            "arn": ARN, "confirmationToken": "AYADtoken-", "enableUrl": url,
            "messageType": "DestinationConfirmation",
        })
    }

    #[test]
    fn the_handshakes_of_clouds_are_read() {
        let url = "https://iot.eu-west-1.amazonaws.com/confirmdestination/AYADtoken-";
        let handshake = read(&aws_iot(url)).unwrap();
        assert_eq!(
            handshake,
            Handshake {
                what: "DestinationConfirmation",
                resource: ARN.to_owned(),
                confirmation_token: "AYADtoken-".to_owned(),
                enable_url: url.to_owned(),
            }
        );
        let url =
            "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=2336";
        let sns = json!({
            "Type": "SubscriptionConfirmation", "MessageId": "1", "Token": "2336", "Message": "…",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:uplinks", "SubscribeURL": url,
        });
        assert_eq!(read(&sns).map(|handshake| handshake.enable_url).as_deref(), Some(url));
        let url =
            "https://rp-westeurope.eventgrid.azure.net:553/eventsubscriptions/a/validate?id=1";
        let azure = json!([{
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "topic": "/subscriptions/1",
            "data": { "validationCode": "512d38b6", "validationUrl": url },
        }]);
        assert_eq!(read(&azure).map(|handshake| handshake.what), Some("SubscriptionValidation"));
    }

    #[test]
    fn addresses_of_others_are_none() {
        for url in [
            "https://iot.eu-west-1.amazonaws.com.example/confirmdestination/a",
            "https://amazonaws.com/confirmdestination/a",
            "https://.amazonaws.com/a",
            "https://evilamazonaws.com/a",
            "http://iot.eu-west-1.amazonaws.com/a",
            "https://iot.eu-west-1.amazonaws.com@host.example/a",
            "https://a:b@iot.eu-west-1.amazonaws.com/a",
            "https://host.example/?iot.eu-west-1.amazonaws.com",
            "https://host.example/#.amazonaws.com",
            "//iot.eu-west-1.amazonaws.com/a",
            "javascript:alert(1)",
            "https://iot.eu-west-1.amazonaws.com/a\u{1b}[31m",
            "https://iot.eu-west-1.amazonaws.com/a b",
            "",
        ] {
            assert_eq!(read(&aws_iot(url)), None, "{url}");
        }
    }

    #[test]
    fn what_lacks_a_member_is_none() {
        let good = aws_iot("https://iot.eu-west-1.amazonaws.com/confirmdestination/a");
        assert!(read(&good).is_some());
        for name in ["arn", "confirmationToken", "enableUrl", "messageType"] {
            for value in [json!(null), json!(7), json!(""), json!("\n"), json!("x".repeat(5_000))] {
                let mut other = good.clone();
                other[name] = value;
                assert_eq!(read(&other), None, "{other}");
            }
        }
        assert_eq!(Handshake::read(b"{"), None);
        let mut large = good;
        large["padding"] = json!("x".repeat(HANDSHAKE_BYTES));
        assert_eq!(read(&large), None);
    }
}
