//! Many frames in one request. Each line is a frame, and each gets a line of the answer, in the same
//! order: `{"line": 1, "receipt": {…}}` or `{"line": 1, "problem": {…}}`.
//!
//! Frames of different devices are taken at once, so that many become durable with one write to the
//! disk; those of one device one after another, as its counter wants it. Copies of one frame become
//! one with all receptions.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    body::Body,
    http::{HeaderValue, Response, header::CONTENT_TYPE},
};
use champollion_lns::{Content, Frame, GATEWAYS};
use serde::Serialize;
use tokio::task::JoinSet;

use super::Problem;
use crate::{
    ingest::{Receipt, Speaker},
    service::Service,
};

/// Media types of lines of JSON; the second is from before the format had a name.
pub(super) const CONTENT_TYPES: [&str; 2] = ["application/x-ndjson", "application/ndjson"];

/// Where a DevAddr stands in a PHYPayload.
const DEV_ADDR: std::ops::Range<usize> = 1..5;

/// A frame, and the lines that it stands in.
struct Group {
    frame: Frame,
    lines: Vec<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TakenLine)]
pub(super) struct Taken {
    line: usize,
    receipt: Receipt,
}

#[derive(Serialize)]
struct Refused<P> {
    line: usize,
    problem: P,
}

/// The answers to many frames, by their numbers.
pub(super) type Answers = Vec<(usize, Result<Receipt, Problem>)>;

/// Takes the frames of all lines, each of which `read` reads.
pub(super) async fn take(
    service: &Arc<Service>,
    speaker: &Speaker,
    body: &[u8],
    read: fn(&[u8]) -> Result<Frame, Problem>,
) -> Response<Body> {
    let lines = body.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    let frames = lines.filter(|(_, line)| !line.is_empty());
    answer(taken(service, speaker, frames.map(|(index, line)| (index, read(line)))).await)
}

/// Takes many frames, each with its number, and returns what became of each, in their order.
pub(super) async fn taken(
    service: &Arc<Service>,
    speaker: &Speaker,
    frames: impl Iterator<Item = (usize, Result<Frame, Problem>)>,
) -> Answers {
    let mut answers = Answers::new();
    let mut unanswered = Vec::new();
    let mut devices: HashMap<Vec<u8>, Vec<Group>> = HashMap::new();
    for (index, read) in frames {
        match read {
            Ok(frame) => {
                unanswered.push(index);
                add(devices.entry(device_of(&frame)).or_default(), frame, index);
            }
            Err(problem) => answers.push((index, Err(problem))),
        }
    }
    let mut tasks = JoinSet::new();
    for groups in devices.into_values() {
        let (service, speaker) = (Arc::clone(service), speaker.clone());
        tasks.spawn(Box::pin(
            async move { take_one_after_another(&service, &speaker, groups).await },
        ));
    }
    while let Some(taken) = tasks.join_next().await {
        // A task that panicked has no answers.
        answers.extend(taken.unwrap_or_default());
    }
    let answered: HashSet<usize> = answers.iter().map(|(index, _)| *index).collect();
    let forgotten = unanswered.into_iter().filter(|index| !answered.contains(index));
    let problem = || Problem::unavailable("not-kept", "the frame was given up: send it again");
    answers.extend(forgotten.map(|index| (index, Err(problem()))).collect::<Answers>());
    answers.sort_by_key(|(index, _)| *index);
    answers
}

/// Returns the bytes that all frames of a device share: the address that it sends from, its DevEUI where the
/// frame is reported, or nothing where there is neither yet.
fn device_of(frame: &Frame) -> Vec<u8> {
    match &frame.content {
        Content::Phy { phy_payload, .. } => phy_payload.get(DEV_ADDR).unwrap_or_default().to_vec(),
        Content::Reported { uplink, .. } => uplink.dev_eui.to_be_bytes().to_vec(),
    }
}

/// Adds a frame to those of its device, or its receptions to a copy of it.
fn add(groups: &mut Vec<Group>, frame: Frame, line: usize) {
    let same = |group: &&mut Group| are_copies(&group.frame, &frame);
    match groups.iter_mut().find(same) {
        Some(group) => {
            group.frame.metadata.merge(frame.metadata, GATEWAYS);
            group.lines.push(line);
        }
        None => groups.push(Group { frame, lines: vec![line] }),
    }
}

/// Whether two frames of a device are one that several gateways heard.
fn are_copies(one: &Frame, other: &Frame) -> bool {
    match (&one.content, &other.content) {
        (Content::Phy { phy_payload: one, .. }, Content::Phy { phy_payload: other, .. }) => {
            one == other
        }
        // A counter may have started over in between: then the moments differ.
        (Content::Reported { uplink: one, .. }, Content::Reported { uplink: other, .. }) => {
            one == other
        }
        _ => false,
    }
}

async fn take_one_after_another(
    service: &Service,
    speaker: &Speaker,
    groups: Vec<Group>,
) -> Answers {
    let mut answers = Answers::new();
    let last = groups.len().saturating_sub(1);
    for (index, Group { frame, lines }) in groups.into_iter().enumerate() {
        let taken = service.intake.take_one_of_many(frame, speaker, index == last).await;
        let first = taken.map_err(Problem::from);
        let copy = first.clone().map(Receipt::of_a_copy);
        let results = std::iter::once(first).chain(std::iter::repeat(copy));
        answers.extend(lines.into_iter().zip(results));
    }
    answers
}

/// A line for each line that was not empty, in their order.
fn answer(answers: Answers) -> Response<Body> {
    let mut text = Vec::new();
    for (index, result) in answers {
        let line = index + 1;
        // Writing into memory what holds texts and numbers alone does not fail.
        let written = match result {
            Ok(receipt) => serde_json::to_writer(&mut text, &Taken { line, receipt }),
            Err(problem) => {
                serde_json::to_writer(&mut text, &Refused { line, problem: problem.body() })
            }
        };
        drop(written);
        text.push(b'\n');
    }
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPES[0]));
    response
}
