//! Receives records as Standard Webhooks: checks the signature, drops repeats, prints one line for each record.
//!
//! Usage: `WEBHOOK_SECRET=whsec_… webhook-receiver [PORT]`. It needs axum, data-encoding, hmac, jiff, serde_json,
//! sha2 and tokio.
#![expect(clippy::print_stdout, reason = "records are what it prints")]

use std::{collections::HashSet, env, error::Error, sync::Mutex};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

const TOLERANCE_SECONDS: i64 = 300;

/// Says whether one of the signatures in the headers is that of the key for this body, made just now.
fn is_genuine(key: &Hmac<sha2::Sha256>, headers: &HeaderMap, body: &[u8]) -> Option<bool> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let (id, moment) = (header("webhook-id")?, header("webhook-timestamp")?);
    let age = jiff::Timestamp::now().as_second().checked_sub(moment.parse().ok()?)?;
    let signed = key.clone().chain_update(format!("{id}.{moment}.")).chain_update(body);
    let is_ours = |given: &str| {
        let given = given.strip_prefix("v1,").and_then(|text| BASE64.decode(text.as_bytes()).ok());
        // Takes the same time wherever the two differ.
        given.is_some_and(|given| signed.clone().verify_slice(&given).is_ok())
    };
    let is_recent = age.unsigned_abs() <= TOLERANCE_SECONDS.unsigned_abs();
    Some(is_recent && header("webhook-signature")?.split(' ').any(is_ours))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret = env::var("WEBHOOK_SECRET")?;
    let secret = BASE64.decode(secret.trim_start_matches("whsec_").as_bytes())?;
    let key = Hmac::new_from_slice(&secret)?;
    // Of a real receiver: a table with a unique id.
    let seen: &'static Mutex<HashSet<String>> = Box::leak(Box::default());
    let receive = async move |headers: HeaderMap, body: Bytes| {
        if is_genuine(&key, &headers, &body) != Some(true) {
            return StatusCode::UNAUTHORIZED;
        }
        let Ok(message) = serde_json::from_slice::<Value>(&body) else {
            return StatusCode::BAD_REQUEST;
        };
        let one = std::slice::from_ref(&message["data"]);
        for record in message["data"].as_array().map_or(one, Vec::as_slice) {
            let id = record["id"].as_str().unwrap_or_default().to_owned();
            if record["test"].is_null() && seen.lock().is_ok_and(|mut seen| seen.insert(id)) {
                println!("{record}");
            }
        }
        // Only now: a record that was answered 2xx does not come again.
        StatusCode::NO_CONTENT
    };
    let port = env::args().nth(1).unwrap_or_else(|| "9000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on {}", listener.local_addr()?.port());
    axum::serve(listener, Router::new().fallback(receive)).await?;
    Ok(())
}
