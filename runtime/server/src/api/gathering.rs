//! The node that gathers the copies of a frame: where several gateways hear a device, each copy may come by another
//! node, and one record is to have all receptions. So a frame of which one gateway alone is named is handed on to the
//! node that its address falls to. Where that does not answer, the frame is taken here: the other copies are then
//! duplicates, and no frame is lost.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header::CONTENT_LENGTH},
    response::Response,
};
use champollion_lns::{Content, Frame};

use super::{between::Asked, handing_on};
use crate::{connections::ClientAddress, service::Service};

/// The time that another node may take beyond that in which it waits for copies.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of a DevAddr, which comes after the first byte of a frame.
const DEV_ADDR: std::ops::Range<usize> = 1..5;

/// The head of a request, for the case that its frame is another node's.
pub(super) struct Head(Asked);

impl Head {
    /// The head of a request that may be handed on; none on a server without other nodes, where no copies are waited
    /// for, and of a request that was handed on already.
    pub(super) fn of(service: &Service, request: &Request<Body>) -> Option<Self> {
        let has_others = service.cluster.follower().is_some();
        let gathers = has_others && !service.config.frames.copies_window().is_zero();
        if !gathers || handing_on::is_of_node(request) {
            return None;
        }
        Some(Self(Asked {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            client: request.extensions().get::<ClientAddress>().copied(),
        }))
    }
}

/// Hands a frame on to the node that gathers its copies, and gives the answer of that node; nothing where the frame is
/// to be taken here.
pub(super) async fn by_other_node(
    service: &Service,
    head: Option<Head>,
    frame: &Frame,
    body: &[u8],
) -> Option<Response> {
    let (Head(mut asked), key) = (head?, key_of(frame)?);
    let cluster = &service.cluster;
    let address = cluster.node_of(key)?;
    // The mark at the beginning of a text may be gone from the body.
    asked.headers.remove(CONTENT_LENGTH);
    let patience = service.config.frames.copies_window() + PATIENCE;
    let asked = (asked, Body::from(body.to_vec()));
    match handing_on::ask(cluster, &address, asked, Some(patience)).await {
        Ok(answer) if is_final(answer.status()) => Some(answer),
        Ok(_) => None,
        Err(error) => {
            tracing::debug!(address, %error, "a node that gathers copies does not answer");
            cluster.avoid(&address);
            None
        }
    }
}

/// The bytes by which a frame falls to a node; none of one whose copies are not waited for.
fn key_of(frame: &Frame) -> Option<&[u8]> {
    if frame.metadata.gateways.len() != 1 {
        return None;
    }
    match &frame.content {
        Content::Phy { phy_payload, .. } => phy_payload.get(DEV_ADDR),
        Content::Reported { .. } => None,
    }
}

/// Whether an answer is the one that this node would have given: what another cannot do now may be done here.
fn is_final(status: StatusCode) -> bool {
    let may_be_done_here =
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !may_be_done_here.contains(&status)
}

#[cfg(test)]
mod tests {
    use champollion_frames::{RadioMetadata, Reception};

    use super::*;

    fn frame(gateways: usize) -> Frame {
        let reception =
            |number| Reception { gateway_id: format!("gw-{number}"), rssi_dbm: None, snr_db: None };
        let gateways = (0..gateways).map(reception).collect();
        let metadata = RadioMetadata { gateways, ..RadioMetadata::default() };
        let content = Content::Phy {
            phy_payload: vec![0x40, 1, 2, 3, 4, 0],
            dev_eui: None,
            f_cnt: None,
            mic_checked: false,
        };
        Frame { content, received_at: None, metadata }
    }

    #[test]
    fn frames_that_one_gateway_has_heard_fall_to_a_node_by_their_address() {
        assert_eq!(key_of(&frame(1)), Some([1, 2, 3, 4].as_slice()));
        assert_eq!((key_of(&frame(0)), key_of(&frame(2))), (None, None));
    }

    #[test]
    fn what_another_node_cannot_do_is_done_here() {
        for status in [200, 202, 400, 404, 422] {
            assert!(is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [401, 403, 429, 500, 503, 507] {
            assert!(!is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }
}
